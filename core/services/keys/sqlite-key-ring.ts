import { hash, randomBytes } from 'node:crypto'
import type { StatementSync } from 'node:sqlite'
import { PlugboardError } from '@plugboard/sdk'
import type { Clock } from '../clock/clock.ts'
import type { Store } from '../store/store.ts'
import type { ApiKey, KeyRing, NewApiKey } from './keys.ts'

const MIN_SECRET_LENGTH = 16
/** How long a verified key is believed without asking the database, so that a key revoked elsewhere soon stops working. */
const TRUST_MS = 1_000
/** More keys than any gateway has in use within a second or two; what is remembered must have an end. */
const MAX_TRUSTED = 1_000

interface Trusted {
  readonly key: ApiKey
  readonly until: number
}

interface Row {
  readonly id: string
  readonly name: string
  readonly hint: string
  readonly created_at: number
}

/**
 * Keys hashed with SHA-256: they are long and random, so a slow hash would protect nothing and cost every request.
 */
export class SqliteKeyRing implements KeyRing {
  readonly #store: Store
  readonly #clock: Clock
  readonly #select: StatementSync
  /** By digest, as the database has it. */
  #trusted = new Map<string, Trusted>()
  /** What each connection showed last, for as long as it lives: hashing is the dearest part of knowing a key. */
  #shown = new WeakMap<object, { readonly secret: string; readonly trusted: Trusted }>()

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
    this.#select = store.db.prepare(
      'SELECT id, name, hint, created_at FROM api_key WHERE hash = ? AND revoked_at IS NULL',
    )
  }

  verify(secret: string, shownOn?: object): ApiKey | undefined {
    const now = this.#clock.monotonic()
    const shown = shownOn === undefined ? undefined : this.#shown.get(shownOn)
    if (shown !== undefined && shown.trusted.until > now && isSame(shown.secret, secret)) return shown.trusted.key
    const trusted = this.#verified(digestOf(secret), now)
    if (trusted !== undefined && shownOn !== undefined) this.#shown.set(shownOn, { secret, trusted })
    return trusted?.key
  }

  add(name: string, secret = `pb-${randomBytes(24).toString('base64url')}`): NewApiKey {
    if (secret.length < MIN_SECRET_LENGTH)
      throw new PlugboardError('KEY_TOO_SHORT', `An API key needs at least ${MIN_SECRET_LENGTH} characters.`, {
        hint: 'Set a longer PLUGBOARD_API_KEY, or leave it out and one is made.',
      })
    const digest = digestOf(secret)
    const known = this.#find(digest)
    if (known !== undefined) return { key: known, secret }
    const key: ApiKey = {
      id: `key_${randomBytes(8).toString('hex')}`,
      name,
      hint: secret.slice(-4),
      createdAt: this.#clock.now(),
    }
    this.#store.db
      .prepare('INSERT INTO api_key (id, name, hash, hint, created_at) VALUES (?, ?, ?, ?, ?)')
      .run(key.id, key.name, bytesOf(digest), key.hint, key.createdAt)
    return { key, secret }
  }

  list(): readonly ApiKey[] {
    const rows = this.#store.db
      .prepare('SELECT id, name, hint, created_at FROM api_key WHERE revoked_at IS NULL ORDER BY created_at')
      .all()
    return (rows as unknown as Row[]).map(keyOf)
  }

  revoke(id: string): boolean {
    const { changes } = this.#store.db
      .prepare('UPDATE api_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')
      .run(this.#clock.now(), id)
    this.#trusted = new Map()
    this.#shown = new WeakMap()
    return changes === 1
  }

  #verified(digest: string, now: number): Trusted | undefined {
    const known = this.#trusted.get(digest)
    if (known !== undefined && known.until > now) return known
    const key = this.#find(digest)
    this.#trusted.delete(digest)
    if (key === undefined) return undefined
    if (this.#trusted.size >= MAX_TRUSTED) this.#trusted.clear()
    const trusted = { key, until: now + TRUST_MS }
    this.#trusted.set(digest, trusted)
    return trusted
  }

  #find(digest: string): ApiKey | undefined {
    const row = this.#select.get(bytesOf(digest))
    return row === undefined ? undefined : keyOf(row as unknown as Row)
  }
}

/** In a time that does not tell how far they agree: a connection may carry the requests of several clients. */
function isSame(known: string, shown: string): boolean {
  if (known.length !== shown.length) return false
  let differences = 0
  for (let at = 0; at < known.length; at++) differences |= known.charCodeAt(at) ^ shown.charCodeAt(at)
  return differences === 0
}

/** A character for each byte: every request makes one, and this is the cheapest form of it that a map can find again. */
const digestOf = (secret: string): string => hash('sha256', secret, 'latin1')

const bytesOf = (digest: string): Buffer => Buffer.from(digest, 'latin1')

const keyOf = ({ id, name, hint, created_at: createdAt }: Row): ApiKey => ({ id, name, hint, createdAt })
