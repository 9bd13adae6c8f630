import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { startNode, type NodeProcess } from '../support/process.ts'
import { tempDir, type TempDir } from '../support/temp-dir.ts'

const cli = (
  home: TempDir | string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): NodeProcess =>
  startNode(['core/surfaces/cli/plugboard.js', ...args], {
    env: { PLUGBOARD_HOME: typeof home === 'string' ? home : home.path, ...env },
  })

async function run(home: TempDir | string, args: readonly string[], env?: Readonly<Record<string, string>>) {
  const process = cli(home, args, env)
  const { code } = await process.exited
  return { code, stdout: process.stdout, stderr: process.stderr }
}

test('chat streams the answer to standard output and its cost to standard error', async () => {
  await using home = await tempDir()
  const { code, stdout, stderr } = await run(home, ['chat', '-m', 'sandbox:demo', 'Hello'])
  expect(code).toBe(0)
  expect(stdout.trim()).toBe('You said: Hello')
  expect(stderr).toMatch(/sandbox:demo · 2 in, 4 out · \$0\.00001 /)
})

test('chat --json gives the whole message', async () => {
  await using home = await tempDir()
  const { stdout } = await run(home, ['chat', '--json', '-m', 'sandbox:demo', 'Hello'])
  expect(JSON.parse(stdout)).toMatchObject({
    role: 'assistant',
    provider: 'sandbox',
    stopReason: 'stop',
    cost: { total: 10_000 },
  })
})

test('chat that fails says why and exits with 1', async () => {
  await using home = await tempDir()
  const { code, stderr } = await run(home, ['chat', '-m', 'sandbox:dmo', 'Hello'])
  expect(code).toBe(1)
  expect(stderr).toContain('Did you mean "sandbox:demo"?')
})

test('models lists prices, and says where one is not known', async () => {
  await using home = await tempDir()
  const { stdout } = await run(home, ['models'])
  expect(stdout).toMatch(/sandbox:demo +128,000 +1\.00 +2\.00 +tools vision/)
  expect(stdout).toMatch(/sandbox:local .* free +free/)
  expect(stdout).toMatch(/sandbox:unpriced .* unknown +unknown/)
})

test('plugin list shows states, and a broken plugin with its error', async () => {
  await using home = await tempDir()
  await mkdir(home.at('plugins', 'broken'), { recursive: true })
  await writeFile(home.at('plugins', 'broken', 'plugboard.json'), '{ "manifest": 1, }')
  const { code, stdout } = await run(home, ['plugin', 'list'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/sandbox +0\.1\.0 +ready +built-in +sandbox/)
  expect(stdout).toMatch(/broken +failed +drop-in/)
  expect(stdout).toMatch(/plugboard\.json is not JSON: .*line 1 column/)
  const json = JSON.parse((await run(home, ['plugin', 'list', '--json'])).stdout) as { id: string; state: string }[]
  expect(json.find(({ id }) => id === 'broken')).toMatchObject({
    state: 'failed',
    problem: { code: 'MANIFEST_UNREADABLE' },
  })
})

test('serve makes a key at the first start, shows it once, and stops on SIGTERM', async () => {
  await using home = await tempDir()
  const first = cli(home, ['serve', '--port', '0'])
  const url = (await first.line(/listens on (\S+)/))[1]
  const key = (await first.line(/shown only this once: (\S+)/))[1]
  expect((await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200)
  first.kill()
  expect(await first.exited).toEqual({ code: 0, signal: null })

  const second = cli(home, ['serve', '--port', '0'])
  const again = (await second.line(/listens on (\S+)/))[1]
  expect((await fetch(`${again}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200)
  second.kill()
  await second.exited
  expect(second.stdout).not.toContain('shown only this once')
})

test('a port that is taken is named, with what to do', async () => {
  await using home = await tempDir()
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { code, stderr } = await run(home, ['serve', '--port', String(port)])
  other.close()
  expect(code).toBe(1)
  expect(stderr).toContain(`Port ${port} on 127.0.0.1 is already in use`)
  expect(stderr).toContain('UNIFIED_GATEWAY_PORT')
})

test('a data folder that cannot be written is named, with what to do', async () => {
  await using home = await tempDir()
  await writeFile(home.at('file'), '')
  const { code, stderr } = await run(home.at('file', 'below'), ['serve', '--port', '0'])
  expect(code).toBe(1)
  expect(stderr).toContain(home.at('file', 'below'))
  expect(stderr).toContain('PLUGBOARD_HOME')
})

test('a wrong port and a short key are refused', async () => {
  await using home = await tempDir()
  expect((await run(home, ['serve', '--port', 'http'])).stderr).toContain('"http" is not a port')
  expect((await run(home, ['serve', '--port', '0'], { PLUGBOARD_API_KEY: 'short' })).stderr).toContain(
    'at least 16 characters',
  )
})

test('a typing error in a command gets a suggestion', async () => {
  await using home = await tempDir()
  const { code, stderr } = await run(home, ['serv'])
  expect(code).not.toBe(0)
  expect(stderr).toContain('Did you mean serve?')
})

test('whoever stops reading the output early gets no error', async () => {
  await using home = await tempDir()
  // A pipe of the shell: that of a child process is a socket, whose end shows itself otherwise.
  const line = '"$NODE" core/surfaces/cli/plugboard.js usage | head -1'
  const env = { ...process.env, NODE: process.execPath, PLUGBOARD_HOME: home.path }
  const shell = spawn('sh', ['-c', line], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [read, errors] = ['', '']
  shell.stdout.on('data', (chunk: Buffer) => (read += chunk.toString()))
  shell.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  await once(shell, 'close')
  expect(read.split('\n')).toHaveLength(2)
  expect(errors).toBe('')
})
