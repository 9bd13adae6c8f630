import { randomBytes } from 'node:crypto'
import { chmodSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { PlugboardError } from '@plugboard/sdk'

const BYTES = 32
const VARIABLE = 'PLUGBOARD_MASTER_KEY'

/** Where the one key comes from that all others are derived from. */
export interface MasterKey {
  /** What to look at when it does not fit, for messages. */
  readonly place: string
  /** Undefined when there is none yet. Throws PlugboardError `VAULT_LOCKED` when what is there cannot be a key. */
  read(): Buffer | undefined
  /** Makes one, unless another process has just done so: then it is that one. */
  make(): Buffer
}

/** The key a host brings itself, as base64 or hex. */
export function givenMasterKey(text: string): MasterKey {
  const read = (): Buffer => decoded(text, VARIABLE)
  return { place: VARIABLE, read, make: read }
}

/** A file that only its user can read. */
export function masterKeyFile(file: string): MasterKey {
  const read = (): Buffer | undefined => {
    const text = textOf(file)
    return text === undefined ? undefined : decoded(text, file)
  }
  return {
    place: file,
    read,
    make() {
      const key = randomBytes(BYTES)
      const draft = `${file}.${randomBytes(8).toString('hex')}`
      writeFileSync(draft, `${key.toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
      try {
        // A link never replaces what is there, so of two processes that start at once only one makes the key.
        linkSync(draft, file)
        return key
      } catch (error) {
        const theirs = read()
        if (theirs === undefined) throw error
        return theirs
      } finally {
        rmSync(draft)
      }
    },
  }
}

/** A key that ends with the process, for databases that do the same. */
export function passingMasterKey(): MasterKey {
  const key = randomBytes(BYTES)
  return { place: 'memory', read: () => key, make: () => key }
}

function textOf(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8')
    if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600)
    return text
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new PlugboardError('VAULT_LOCKED', `The master key cannot be read: ${(error as Error).message}`, {
      hint: `See that this user can read ${file}.`,
      cause: error,
    })
  }
}

/** The text is never part of the message: it may be a key with one character too few. */
function decoded(text: string, place: string): Buffer {
  const trimmed = text.trim()
  const key = Buffer.from(trimmed, /^[0-9a-f]{64}$/i.test(trimmed) ? 'hex' : 'base64')
  if (key.length === BYTES) return key
  throw new PlugboardError(
    'VAULT_LOCKED',
    `${place} holds no master key: it must be ${BYTES} bytes in base64 or hex.`,
    {
      hint: 'Put back the master key the secrets were saved with. A new one is made by: openssl rand -base64 32',
    },
  )
}
