import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, readdir } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startOpenAIUpstream, type OpenAIUpstream } from '../support/openai-upstream.ts'
import { startNode, type NodeProcess } from '../support/process.ts'
import { tempDir, type TempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'

const CLI = new URL('../../core/surfaces/cli/plugboard.js', import.meta.url).pathname
const KEY = 'sk-first-0123456789abcdef-aaaa'
const OTHER_KEY = 'sk-other-0123456789abcdef-bbbb'
const GATEWAY_KEY = 'a-key-of-the-gateway'
const START_MS = 30_000
/** A gateway looks every second; a busy machine takes longer. */
const FOLLOWS_MS = 15_000

let home: TempDir
/** Everything any process of a test has written. */
let said: (() => string)[]

beforeEach(async () => {
  home = await tempDir()
  said = []
})
afterEach(() => home.remove())

/** Neither a process of this test nor a file of its data folder has told a key. */
async function expectNoTrace(): Promise<void> {
  const files = (await readdir(home.path, { withFileTypes: true })).filter((entry) => entry.isFile())
  const bytes = await Promise.all(files.map(({ name }) => readFile(home.at(name), 'latin1')))
  for (const key of [KEY, OTHER_KEY]) expect([...said.map((told) => told()), ...bytes].join('\n')).not.toContain(key)
}

interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

async function providers(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  await using cli = startNode([CLI, 'providers', ...args], {
    env: { PLUGBOARD_HOME: home.path, ...env },
    cwd: home.path,
  })
  const { code } = await cli.exited
  const { stdout: out, stderr: err } = cli
  said.push(() => out + err)
  return { code, out, err }
}

/** With the secret on its standard input. */
async function providersWith(secret: string, args: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, [CLI, 'providers', ...args], {
    env: { PATH: process.env['PATH'], PLUGBOARD_HOME: home.path },
    cwd: home.path,
  })
  child.stdin.end(`${secret}\n`)
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  said.push(() => out + err)
  return { code: child.exitCode, out, err }
}

interface Served extends AsyncDisposable {
  post(model: string, stream?: boolean): Promise<Response>
}

async function serve(): Promise<Served> {
  const env = { PLUGBOARD_HOME: home.path, PLUGBOARD_API_KEY: GATEWAY_KEY, LOG_LEVEL: 'debug' }
  const process: NodeProcess = startNode([CLI, 'serve', '--port', '0', '--json'], { env, cwd: home.path })
  said.push(() => process.stdout + process.stderr)
  const [, url] = await process.line(/"url": "([^"]+)"/, START_MS)
  return {
    post: (model, stream = false) =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${GATEWAY_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Hello' }] }),
      }),
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  }
}

const saidBy = async (answer: Response): Promise<unknown> =>
  ((await answer.json()) as { choices?: { message: { content: string } }[] }).choices?.[0]?.message.content

const keysOf = ({ chats }: OpenAIUpstream): unknown[] => chats.map(({ headers }) => headers.authorization)

describe('plugboard providers, beside a running gateway', () => {
  it('gives it a key, takes it out of service and brings it back, all without a restart', async () => {
    await using upstream = await startOpenAIUpstream({ apiKey: KEY })
    await using gateway = await serve()
    expect((await gateway.post('openai:gpt-4o')).status).toBe(502)

    const set = await providers(['set', 'openai', '--from-env', 'MY_KEY', '--config', `baseUrl=${upstream.url}`], {
      MY_KEY: KEY,
    })
    expect(set).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('Its key is sk-...aaaa. It is ready.') as string,
    })
    await until(async () => (await gateway.post('openai:gpt-4o')).status === 200, { deadlineMs: FOLLOWS_MS })
    expect(await saidBy(await gateway.post('openai:gpt-4o'))).toBe('Hello from the upstream.')

    await providers(['disable', 'openai'])
    await until(async () => (await gateway.post('openai:gpt-4o')).status === 403, { deadlineMs: FOLLOWS_MS })
    expect(await (await gateway.post('gpt-4o')).json()).toMatchObject({
      error: { code: 'provider_disabled', message: expect.stringContaining('plugboard providers enable') as string },
    })
    await providers(['enable', 'openai'])
    await until(async () => (await gateway.post('openai:gpt-4o')).status === 200, { deadlineMs: FOLLOWS_MS })

    await expectNoTrace()

    await providers(['remove', 'openai'])
    await until(async () => (await gateway.post('openai:gpt-4o')).status === 502, { deadlineMs: FOLLOWS_MS })
  }, 120_000)

  it('makes instances that reach their server with their own key, and leaves streams in flight alone', async () => {
    const half = Promise.withResolvers<void>()
    await using one = await startOpenAIUpstream({
      apiKey: KEY,
      script: [{ text: 'from one', hold: { after: 1, until: half.promise } }, { text: 'from one' }],
    })
    await using two = await startOpenAIUpstream({ apiKey: OTHER_KEY, script: { text: 'from two' } })
    await using gateway = await serve()
    for (const [id, key, { url }] of [
      ['main', KEY, one],
      ['backup', OTHER_KEY, two],
    ] as const) {
      const added = await providersWith(key, [
        'add',
        `openai_${id}`,
        '--type',
        'openai',
        '--stdin',
        '--config',
        `baseUrl=${url}`,
      ])
      expect(added).toMatchObject({ code: 0, err: '' })
    }
    await until(async () => (await gateway.post('openai_backup:gpt-4o')).status === 200, { deadlineMs: FOLLOWS_MS })
    const stream = await gateway.post('openai_main:gpt-4o', true)
    await one.chat(0)

    await providersWith(OTHER_KEY, ['set', 'openai_main', '--stdin', '--config', `baseUrl=${two.url}`])
    await until(async () => (await saidBy(await gateway.post('openai_main:gpt-4o'))) === 'from two', {
      deadlineMs: FOLLOWS_MS,
    })
    half.resolve()
    const events = await stream.text()
    expect(events).toContain('one')
    expect(events.trimEnd()).toMatch(/data: \[DONE\]$/)
    expect(new Set(keysOf(one))).toEqual(new Set([`Bearer ${KEY}`]))
    expect(new Set(keysOf(two))).toEqual(new Set([`Bearer ${OTHER_KEY}`]))
    await expectNoTrace()
  }, 120_000)
})

describe('plugboard providers', () => {
  it('lists masked keys, states and the last validation, shows settings and validates', async () => {
    await using upstream = await startOpenAIUpstream({ apiKey: KEY })
    await providersWith(KEY, [
      'set',
      'openai',
      '--stdin',
      '--config',
      `baseUrl=${upstream.url}`,
      '--name',
      'OpenAI by proxy',
    ])
    expect((await providers(['validate', 'openai'])).out).toMatch(/^openai: ok in \d+ ms, 2 models/)
    const listed = await providers(['list'])
    expect(listed.out).toMatch(/openai +ready +sk-\.\.\.aaaa +16 +20\d\d-\d\d-\d\dT/)
    expect(listed.out).toMatch(/anthropic +unconfigured +13 +never/)
    expect(listed.out).toMatch(/sandbox +ready +4 +never/)
    const shown = await providers(['show', 'openai'])
    expect(shown.out).toContain(`baseUrl       ${upstream.url}`)
    expect(shown.out).toContain('Keys are made at https://platform.openai.com/api-keys')
    const { out } = await providers(['show', 'openai', '--json'])
    expect(JSON.parse(out)).toMatchObject({
      name: 'OpenAI by proxy',
      maskedKey: 'sk-...aaaa',
      schema: { properties: { apiKey: { writeOnly: true } } },
    })
    const available = await providers(['list', '--available', '--json'])
    expect((JSON.parse(available.out) as { id: string }[]).map(({ id }) => id)).toEqual([
      'lmstudio',
      'ollama',
      'openai',
      'openai-responses',
      'sandbox',
      'vllm',
    ])
    await providersWith(OTHER_KEY, ['set', 'openai', '--stdin'])
    const refused = await providers(['validate', 'openai'])
    expect(refused).toMatchObject({
      code: 1,
      out: expect.stringContaining('OpenAI by proxy does not accept the API key.') as string,
    })
    await expectNoTrace()
  }, 120_000)

  it.each([
    [['set', 'openai', '--config', 'apiKey=sk-x'], '"apiKey" is a secret, and others can read arguments.'],
    [['set', 'openai', '--from-env', 'NOT_SET'], 'There is no key in the variable NOT_SET.'],
    [['set', 'openai', '--config', 'baseURL=http://x'], 'unknown key "baseURL"; did you mean "baseUrl"?'],
    [['set', 'openai'], 'There is nothing to set.'],
    [['set', 'opena', '--name', 'x'], 'There is no provider "opena".'],
    [['add', 'sandbox', '--type', 'openai'], 'There is a provider "sandbox" already.'],
    [['add', 'Two', '--type', 'sandbox'], '"Two" cannot be the id of a provider.'],
    [['disable', 'opena'], 'Did you mean "openai"?'],
  ])('%j says what is wrong', async (args, says) => {
    const { code, err } = await providers(args)
    expect(code).toBe(1)
    expect(err).toContain(says)
  })
})
