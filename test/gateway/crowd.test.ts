import { existsSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startNode } from '../support/process.ts'
import { tempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'

const CLIENTS = 1_000
const LIMIT = '/proc/sys/net/core/somaxconn'
const systemTakesThem = existsSync(LIMIT) && Number(readFileSync(LIMIT, 'utf8')) >= CLIENTS

test.runIf(systemTakesThem)(
  'clients that come while the gateway is busy wait, and none is turned away',
  async () => {
    await using home = await tempDir()
    const port = await freePort()
    await using gateway = startNode(['core/surfaces/cli/plugboard.js', 'serve'], {
      env: { UNIFIED_GATEWAY_PORT: String(port), PLUGBOARD_HOME: home.path },
    })
    await gateway.line(/listens on/)
    // As busy as can be: what the system does not keep for it now is dropped.
    gateway.kill('SIGSTOP')
    let connected = 0
    let answered = 0
    const sockets: Socket[] = []
    for (let client = 0; client < CLIENTS; client++) {
      const socket = connect(port, '127.0.0.1', () => {
        connected++
        socket.write('GET /v1/models HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n')
      })
      socket.once('data', () => answered++).on('error', () => undefined)
      sockets.push(socket)
    }
    await until(() => connected === CLIENTS)
    gateway.kill('SIGCONT')
    await until(() => answered === CLIENTS)
    for (const socket of sockets) socket.destroy()
    expect(answered).toBe(CLIENTS)
  },
  30_000,
)
