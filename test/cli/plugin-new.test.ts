import { readFile, readdir, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { startOpenAIUpstream } from '../support/openai-upstream.ts'
import { startNode } from '../support/process.ts'
import { tempDir, type TempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'

const CLI = 'core/surfaces/cli/plugboard.js'
const KEY = 'sk-acme-0123456789'

async function cli(home: TempDir, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const process = startNode([CLI, ...args], { env: { PLUGBOARD_HOME: home.path, ...env } })
  const { code } = await process.exited
  return { code, stdout: process.stdout, stderr: process.stderr }
}

/** The commands that the README shows for adding a provider, as arguments. */
async function shownCommands(): Promise<string[][]> {
  const [, block = ''] =
    /## Add a provider in two minutes[\s\S]*?```sh\n([\s\S]*?)```/.exec(await readFile('README.md', 'utf8')) ?? []
  return block
    .trim()
    .split('\n')
    .map((line) => line.replace(/^.*npm run plugboard -- /, ''))
    .map((line) => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ''))
}

test('the README’s way from nothing to a first answer, through a typical mistake', async () => {
  await using upstream = await startOpenAIUpstream({ apiKey: KEY, models: ['acme-large'] })
  await using home = await tempDir()
  const key = { ACME_API_KEY: KEY }
  await using gateway = startNode([CLI, 'serve', '--port', '0'], { env: { PLUGBOARD_HOME: home.path, ...key } })
  const url = (await gateway.line(/listens on (\S+)/, 30_000))[1] ?? ''
  const secret = (await gateway.line(/shown only this once: (\S+)/))[1] ?? ''
  const asked = async (): Promise<{ readonly status: number; readonly text: string }> => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'acme:acme-large', messages: [{ role: 'user', content: 'Hello' }] }),
    })
    return { status: response.status, text: await response.text() }
  }
  expect((await asked()).status).toBe(404)

  const [create = [], chat = []] = await shownCommands()
  const made = await cli(
    home,
    create.map((word) => word.replace('https://api.acme.example/v1', upstream.url)),
  )
  expect(made).toMatchObject({ code: 0, stderr: '' })
  expect(made.stdout).toContain('export ACME_API_KEY=')
  expect(made.stdout).toContain('plugboard chat -m acme:acme-large "Hello"')

  const keyless = await cli(home, chat)
  expect(keyless.code).toBe(1)
  expect(keyless.stderr).toContain('Set the environment variable ACME_API_KEY')
  const answer = await cli(home, chat, key)
  expect(answer).toMatchObject({ code: 0, stdout: 'Hello from the upstream.\n' })
  // The gateway began before the plugin was there.
  await until(async () => (await asked()).status === 200)

  const manifest = home.at('plugins/acme/plugboard.json')
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('"baseUrl"', '"baseURL"'))
  const mistake = `${manifest}: /contributes/providers/0/baseURL unknown key "baseURL"; did you mean "baseUrl"?`
  expect((await cli(home, ['plugin', 'validate', home.at('plugins/acme')])).stderr).toContain(mistake)
  expect((await cli(home, chat, key)).stderr).toContain(mistake)
  expect((await asked()).status).toBe(200)
}, 120_000)

describe('plugin new', () => {
  test('writes a plugin that passes the whole contract, for each protocol', async () => {
    await using home = await tempDir()
    for (const protocol of ['anthropic-messages', 'google-generative-ai', 'openai-responses']) {
      const id = `my-${protocol}`
      const args = [
        'plugin',
        'new',
        id,
        '--base-url',
        'http://127.0.0.1:9/v1/',
        '--protocol',
        protocol,
        '--dir',
        home.at('mine'),
      ]
      const { code, stdout } = await cli(home, [
        ...args,
        '--model',
        'one',
        '--model',
        'two',
        '--key-env',
        'MY_KEY',
        '--json',
      ])
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({
        plugin: id,
        keyEnv: 'MY_KEY',
        manifest: {
          contributes: {
            providers: [
              { baseUrl: 'http://127.0.0.1:9/v1', defaultModel: 'one', models: [{ id: 'one' }, { id: 'two' }] },
            ],
          },
        },
      })
      expect((await cli(home, ['plugin', 'test', home.at('mine', id)])).stdout).toMatch(/ checks passed, 0 failed/)
    }
  }, 120_000)

  test('asks the host for its models when none is named, and takes the address of an endpoint', async () => {
    await using upstream = await startOpenAIUpstream({ models: ['found-1', 'found-2'] })
    await using home = await tempDir()
    const made = await cli(home, ['plugin', 'new', 'lab', '--no-key', '--base-url', `${upstream.url}/chat/completions`])
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect((await cli(home, ['models'])).stdout).toMatch(/lab:found-1[\s\S]*lab:found-2/)
    expect(await cli(home, ['chat', '-m', 'lab:found-2', 'Hello'])).toMatchObject({
      code: 0,
      stdout: 'Hello from the upstream.\n',
    })
  }, 90_000)

  test('never writes over anything, and leaves nothing behind when it refuses', async () => {
    await using home = await tempDir()
    const refusal = async (...args: readonly string[]): Promise<string> => {
      const { code, stderr } = await cli(home, ['plugin', 'new', ...args])
      expect(code).toBe(1)
      return stderr
    }
    await writeFile(home.at('occupied'), 'mine')
    expect(await refusal('occupied', '--base-url', 'http://a.test', '--dir', home.path)).toContain('is there already')
    expect(await readFile(home.at('occupied'), 'utf8')).toBe('mine')
    expect(await refusal('openai', '--base-url', 'http://a.test')).toContain('Choose another name.')
    expect(await refusal('../up', '--base-url', 'http://a.test')).toContain('lower-case letters')
    expect(await refusal('acme', '--base-url', 'api.acme.example')).toContain('what stands before /chat/completions')
    expect(await refusal('acme', '--base-url', 'http://a.test', '--protocol', 'soap')).toContain('openai-chat')
    expect(await readdir(home.at('plugins')).catch(() => [])).toEqual([])
  }, 90_000)
})
