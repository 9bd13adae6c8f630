import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startReceiver, verify } from '../services/alerts/receiver.ts'
import { startNode } from '../support/process.ts'
import { tempDir, type TempDir } from '../support/temp-dir.ts'

const CLI = new URL('../../core/surfaces/cli/plugboard.js', import.meta.url).pathname

let dir: TempDir

beforeAll(async () => {
  dir = await tempDir()
})
afterAll(() => dir.remove())

async function plugboard(...args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  await using cli = startNode([CLI, ...args], { env: { PLUGBOARD_HOME: dir.at('home') }, cwd: dir.path })
  const { code } = await cli.exited
  return { code, out: cli.stdout, err: cli.stderr }
}

const json = async (...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> =>
  JSON.parse((await plugboard(...args, '--json')).out) as Readonly<Record<string, unknown>>

describe('plugboard webhook', () => {
  it('adds, tries out, lists, disables and removes an endpoint, and shows its secret once', async () => {
    await using receiver = await startReceiver()
    const added = await json('webhook', 'add', receiver.url, '--allow-private', '--events', 'cost_alert')
    const { id, secret } = added as { id: string; secret: string }
    expect(added).toMatchObject({ url: receiver.url, events: ['cost_alert'], enabled: true, allowPrivate: true })
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)

    expect(await json('webhook', 'test', id)).toMatchObject({ delivered: true, status: 204, error: null })
    const [received] = receiver.received
    if (received === undefined) throw new Error('nothing came')
    expect(verify(received, secret)).toMatchObject({ type: 'test' })
    expect(await json('webhook', 'deliveries')).toEqual([])

    expect((await plugboard('webhook', 'disable', id)).out).toBe(`${id} is disabled.\n`)
    const table = await plugboard('webhook', 'list')
    expect(table.out).toContain(`${id}  cost_alert  disabled (cli)  ${receiver.url}`)
    await plugboard('webhook', 'enable', id)
    const listed = await plugboard('webhook', 'list', '--json')
    expect(JSON.parse(listed.out)).toMatchObject([{ id, enabled: true }])
    expect(listed.out).not.toContain('whsec_')

    const file = await readFile(dir.at('home', 'plugboard.db'))
    const wal = await readFile(dir.at('home', 'plugboard.db-wal')).catch(() => Buffer.alloc(0))
    expect(Buffer.concat([file, wal]).includes(secret.slice(6))).toBe(false)

    expect((await plugboard('webhook', 'remove', id)).out).toBe(`${id} is removed.\n`)
    expect(await json('webhook', 'list')).toEqual([])
  }, 60_000)

  it('exits with 1 and says what to do when it cannot', async () => {
    const refused = await plugboard('webhook', 'add', 'http://example.com/hook')
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('--allow-private') })
    const gone = await plugboard('webhook', 'add', 'http://127.0.0.1:1/hook', '--allow-private', '--json')
    const { id } = JSON.parse(gone.out) as { id: string }
    const trial = await plugboard('webhook', 'test', id)
    expect(trial).toMatchObject({ code: 1, out: 'Not delivered: ECONNREFUSED.\n' })
    expect(await plugboard('webhook', 'remove', 'wh_none')).toMatchObject({
      code: 1,
      err: 'plugboard: There is no webhook "wh_none".\n  `plugboard webhook list` shows them.\n',
    })
  }, 60_000)
})
