import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startNode, type NodeProcess } from '../support/process.ts'
import { tempDir, type TempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'

const CLI = new URL('../../core/surfaces/cli/plugboard.js', import.meta.url).pathname

let dir: TempDir
let gateway: NodeProcess
let url = ''

const run = (...args: readonly string[]): NodeProcess =>
  startNode([CLI, ...args], { env: { PLUGBOARD_HOME: dir.at('home') }, cwd: dir.path })

beforeAll(async () => {
  dir = await tempDir()
  gateway = run('serve', '--port', '0')
  const [, at = ''] = await gateway.line(/listens on (\S+)/)
  url = at
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await dir.remove()
})

async function plugboard(...args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  await using cli = run(...args)
  const { code } = await cli.exited
  return { code, out: cli.stdout, err: cli.stderr }
}

const statusWith = async (secret: string): Promise<number> =>
  (await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } })).status

describe('plugboard keys', () => {
  it('makes a key that a running gateway takes at once, and revokes it there', async () => {
    const { id, secret } = JSON.parse((await plugboard('keys', 'add', 'laptop', '--json')).out) as Record<
      string,
      string
    >
    expect(await statusWith(secret ?? '')).toBe(200)

    const listed = await plugboard('keys', 'list')
    expect(listed.out).toMatch(new RegExp(`${id} +laptop +${secret?.slice(-4)}`))
    expect(listed.out).not.toContain(secret)

    expect((await plugboard('keys', 'remove', id ?? '')).out).toBe(`${id} is revoked.\n`)
    await until(async () => (await statusWith(secret ?? '')) === 401, { what: 'the gateway refuses the key' })
    expect((await plugboard('keys', 'list')).out).not.toContain(id)
  })

  it('names a key that is not there, and what shows those that are', async () => {
    const { code, err } = await plugboard('keys', 'remove', 'key_nope')
    expect(code).toBe(1)
    expect(err).toBe('plugboard: There is no key "key_nope".\n  `plugboard keys list` shows them.\n')
  })
})
