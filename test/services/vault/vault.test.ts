import { randomBytes } from 'node:crypto'
import { chmod, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret, createPlugboard, type Plugboard } from '../../../core/index.ts'
import { Store } from '../../../core/services/store/store.ts'
import { startNode } from '../../support/process.ts'
import { tempDir, type TempDir } from '../../support/temp-dir.ts'

const NAME = 'provider/openai/apiKey'
const VALUE = 'sk-a-key-that-nobody-may-read-vX2Q'
const SAVER = new URL('./saver.ts', import.meta.url).pathname

const open = (dataDir: string | false, env: Readonly<Record<string, string>> = {}): Promise<Plugboard> =>
  createPlugboard({ dataDir, env, builtIn: false, hostDir: false, watch: false, logLevel: 'silent' })

async function saved(dir: TempDir, env?: Readonly<Record<string, string>>): Promise<void> {
  await using plugboard = await open(dir.path, env)
  await plugboard.vault.set(NAME, new Secret(VALUE))
}

/** Every file of the data folder, the database's own log included, as one text. */
async function bytesOf(dir: TempDir): Promise<string> {
  const files = (await readdir(dir.path, { withFileTypes: true })).filter((entry) => entry.isFile())
  expect(files.map(({ name }) => name)).toContain('plugboard.db')
  return (await Promise.all(files.map(({ name }) => readFile(dir.at(name), 'latin1')))).join('\n')
}

const thrownBy = (work: () => unknown): unknown => {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('Nothing was thrown')
}

describe('the vault', () => {
  it('gives back what was saved, also after a restart', async () => {
    await using dir = await tempDir()
    await saved(dir)
    await using plugboard = await open(dir.path)
    expect(plugboard.vault.get(NAME)?.reveal()).toBe(VALUE)
    expect(plugboard.vault.get('provider/openai/other')).toBeUndefined()
  })

  it('keeps the last of several values, and none that was removed', async () => {
    await using plugboard = await open(false)
    const { vault } = plugboard
    await vault.set('b', new Secret('first'))
    await vault.set('b', new Secret('second'))
    await vault.set('a/1', new Secret(''))
    expect(vault.get('b')?.reveal()).toBe('second')
    expect(vault.get('a/1')?.reveal()).toBe('')
    expect(vault.names()).toEqual(['a/1', 'b'])
    expect(vault.names('a/')).toEqual(['a/1'])
    expect(await vault.remove('b')).toBe(true)
    expect(await vault.remove('b')).toBe(false)
    expect(vault.get('b')).toBeUndefined()
  })

  it('leaves no plain text in any file of the data folder, neither while it is open nor afterwards', async () => {
    await using dir = await tempDir()
    await using plugboard = await open(dir.path)
    await plugboard.vault.set(NAME, new Secret(VALUE))
    const whileOpen = await bytesOf(dir)
    await plugboard[Symbol.asyncDispose]()
    for (const bytes of [whileOpen, await bytesOf(dir)]) {
      // The record is there, so its value would be too.
      expect(bytes).toContain(NAME)
      expect(bytes).not.toContain(VALUE)
      expect(bytes).not.toContain(Buffer.from(VALUE).toString('base64'))
    }
  })

  it('makes a master key that only its user can read, and tightens one that others can', async () => {
    await using dir = await tempDir()
    await saved(dir)
    const file = dir.at('master.key')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await readdir(dir.path)).filter((name) => name.startsWith('master.key'))).toEqual(['master.key'])
    await chmod(file, 0o644)
    await using plugboard = await open(dir.path)
    expect(plugboard.vault.get(NAME)?.reveal()).toBe(VALUE)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('needs no key file when the variable brings the key, as base64 or as hex', async () => {
    await using dir = await tempDir()
    const key = randomBytes(32)
    await saved(dir, { PLUGBOARD_MASTER_KEY: key.toString('base64') })
    expect(await readdir(dir.path)).not.toContain('master.key')
    await using plugboard = await open(dir.path, { PLUGBOARD_MASTER_KEY: key.toString('hex') })
    expect(plugboard.vault.get(NAME)?.reveal()).toBe(VALUE)
  })

  it.each([
    ['lost', async (file: string) => rm(file)],
    ['another one', async (file: string) => writeFile(file, randomBytes(32).toString('base64'))],
    ['cut off', async (file: string) => writeFile(file, (await readFile(file, 'utf8')).slice(0, 20))],
  ])(
    'is locked, and says what to do, when the master key is %s; and open again when it is back',
    async (_how, harm) => {
      await using dir = await tempDir()
      await saved(dir)
      const file = dir.at('master.key')
      const right = await readFile(file, 'utf8')
      await harm(file)
      await using plugboard = await open(dir.path)
      const error = thrownBy(() => plugboard.vault.get(NAME))
      expect(error).toMatchObject({ code: 'VAULT_LOCKED', hint: expect.stringContaining('master key') as string })
      expect(inspect(error, { depth: 9 })).not.toContain(right.slice(0, 16))
      expect(plugboard.vault.names()).toEqual([NAME])

      // A second key beside the first would make either half unreadable.
      await expect(plugboard.vault.set('another', new Secret('x'))).rejects.toMatchObject({ code: 'VAULT_LOCKED' })
      await writeFile(dir.at('right'), right, { mode: 0o600 })
      await rename(dir.at('right'), file)
      expect(plugboard.vault.get(NAME)?.reveal()).toBe(VALUE)
    },
  )

  it('begins anew with another master key when the secrets of the lost one are removed', async () => {
    await using dir = await tempDir()
    await saved(dir)
    await rm(dir.at('master.key'))
    await using plugboard = await open(dir.path)
    await plugboard.vault.remove(NAME)
    await plugboard.vault.set('another', new Secret('fresh'))
    expect(plugboard.vault.get('another')?.reveal()).toBe('fresh')
  })

  it.each([
    ['renamed', "UPDATE secret SET name = 'provider/evil/apiKey' WHERE name = 'provider/openai/apiKey'"],
    [
      'given the content of another',
      "UPDATE secret SET (nonce, sealed) = (SELECT nonce, sealed FROM secret WHERE name = 'provider/openai/apiKey') WHERE name = 'provider/evil/apiKey'",
    ],
    [
      'given another version',
      "UPDATE secret SET version = 2, name = 'provider/evil/apiKey' WHERE name = 'provider/evil/apiKey'",
    ],
    ['cut', "UPDATE secret SET sealed = substr(sealed, 1, 10) WHERE name = 'provider/evil/apiKey'"],
    ['marked as made by another cipher', "UPDATE secret SET alg = 'none' WHERE name = 'provider/evil/apiKey'"],
  ])('does not open a record that was %s in the database', async (_how, change) => {
    await using dir = await tempDir()
    let db: Store['db'] | undefined
    await using plugboard = await createPlugboard({
      dataDir: dir.path,
      env: {},
      builtIn: false,
      hostDir: false,
      watch: false,
      services: (scope) => {
        db = scope.get(Store).db
      },
    })
    await plugboard.vault.set(NAME, new Secret(VALUE))
    if (!change.startsWith('UPDATE secret SET name')) await plugboard.vault.set('provider/evil/apiKey', new Secret('x'))
    db?.exec(change)
    const error = thrownBy(() => plugboard.vault.get('provider/evil/apiKey'))
    expect(error).toMatchObject({ code: 'VAULT_DAMAGED', hint: expect.any(String) as string })
    expect(inspect(error, { depth: 9 })).not.toContain(VALUE)
  })

  it('shares one master key among processes that begin at the same time', async () => {
    await using dir = await tempDir()
    const names = ['one', 'two', 'three']
    const savers = names.map((name) => startNode([SAVER, dir.path, name, `value of ${name}`]))
    await Promise.all(savers.map((saver) => saver.line(/^saved$/, 20_000)))
    await Promise.all(savers.map(({ exited }) => exited))
    await using plugboard = await open(dir.path)
    expect(names.map((name) => plugboard.vault.get(name)?.reveal())).toEqual(names.map((name) => `value of ${name}`))
  })
})
