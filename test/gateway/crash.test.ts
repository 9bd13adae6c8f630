import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startOpenAIUpstream } from '../support/openai-upstream.ts'
import { startNode } from '../support/process.ts'
import { tempDir } from '../support/temp-dir.ts'

const KEY = 'pb-crash-test-key-0123456789'
const KILLS = 20
const RESPONSES = 1_000
const CLIENTS = 16

test(`every response a client received whole is in the ledger exactly once, through ${KILLS} kills`, async () => {
  await using upstream = await startOpenAIUpstream({ script: { deltas: 4 } })
  await using home = await tempDir()
  const port = await freePort()
  const received = new Set<string>()

  for (let kill = 0; kill < KILLS; kill++) {
    const gateway = startNode(['core/surfaces/cli/plugboard.js', 'serve'], {
      env: {
        UNIFIED_GATEWAY_PORT: String(port),
        PLUGBOARD_HOME: home.path,
        PLUGBOARD_API_KEY: KEY,
        OPENAI_API_KEY: 'sk-test',
        OPENAI_BASE_URL: upstream.url,
      },
    })
    await gateway.line(/listens on/)
    const enough = Math.ceil(((kill + 1) * RESPONSES) / KILLS)
    const clients = Array.from({ length: CLIENTS }, (_, index) => askUntilItDies(port, index, received))
    // The moment of death is random, but only after this round's share of answers has come.
    while (received.size < enough) await sleep(1)
    await sleep(Math.random() * 20)
    gateway.kill('SIGKILL')
    await gateway.exited
    await Promise.all(clients)
  }

  using db = new DatabaseSync(home.at('plugboard.db'))
  expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  const booked = db
    .prepare("SELECT id FROM ledger WHERE outcome = 'completed'")
    .all()
    .map((row) => String(row['id']))
  expect(received.size).toBeGreaterThanOrEqual(RESPONSES)
  expect([...received].filter((id) => !booked.includes(id))).toEqual([])
  expect(new Set(booked).size).toBe(booked.length)
}, 120_000)

/** Asks again and again, streams and whole answers in turn, and notes every answer that arrived to its last byte. */
async function askUntilItDies(port: number, client: number, received: Set<string>): Promise<void> {
  for (let turn = client; ; turn++) {
    const stream = turn % 2 === 0
    try {
      const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'openai:gpt-4o', stream, messages: [{ role: 'user', content: 'Hi' }] }),
      })
      const text = await response.text()
      const whole = response.status === 200 && (stream ? text.includes('[DONE]') : text.endsWith('}'))
      if (whole) received.add(response.headers.get('x-request-id') ?? '')
    } catch {
      // The gateway is dead: that is what this is about.
      return
    }
  }
}
