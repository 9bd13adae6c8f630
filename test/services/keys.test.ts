import { describe, expect, it } from 'vitest'
import { SqliteKeyRing } from '../../core/services/keys/sqlite-key-ring.ts'
import { SqliteStore } from '../../core/services/store/sqlite-store.ts'

function openRing(): { ring: SqliteKeyRing; store: SqliteStore; clock: { at: number } } & Disposable {
  const store = new SqliteStore(':memory:')
  const clock = { at: 1_000 }
  const ring = new SqliteKeyRing(store, { now: () => clock.at, monotonic: () => clock.at })
  return { ring, store, clock, [Symbol.dispose]: () => store[Symbol.dispose]() }
}

describe('the key ring', () => {
  it('knows a key it made, and no other', () => {
    using open = openRing()
    const { key, secret } = open.ring.add('ci')
    expect(open.ring.verify(secret)).toEqual(key)
    expect(open.ring.verify(`${secret}x`)).toBeUndefined()
    expect(open.ring.verify('')).toBeUndefined()
    expect(open.ring.list()).toEqual([key])
    expect(key).toMatchObject({ name: 'ci', hint: secret.slice(-4), createdAt: 1_000 })
  })

  it('makes secrets that cannot be guessed', () => {
    using open = openRing()
    const secrets = new Set(Array.from({ length: 100 }, () => open.ring.add('key').secret))
    expect(secrets.size).toBe(100)
    for (const secret of secrets) expect(secret).toMatch(/^pb-[\w-]{32}$/)
  })

  it('keeps the hash and nothing that could be used', () => {
    using open = openRing()
    const { secret } = open.ring.add('ci', 'a-secret-of-the-operator')
    const rows = open.store.db.prepare('SELECT * FROM api_key').all()
    const kept = JSON.stringify(rows, (_key, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    )
    expect(kept).not.toContain(secret)
    expect(rows[0]?.['hash']).toHaveLength(32)
  })

  it('takes the same secret for the same key', () => {
    using open = openRing()
    const first = open.ring.add('one', 'a-secret-of-the-operator')
    expect(open.ring.add('two', 'a-secret-of-the-operator')).toEqual(first)
    expect(open.ring.list()).toHaveLength(1)
  })

  it('refuses a secret that is too short to be one', () => {
    using open = openRing()
    expect(() => open.ring.add('short', '123456789012345')).toThrow(
      expect.objectContaining({ code: 'KEY_TOO_SHORT' }) as Error,
    )
    expect(open.ring.list()).toEqual([])
  })

  it('revokes a key at once, for good, and no other', () => {
    using open = openRing()
    const { key, secret } = open.ring.add('ci')
    const other = open.ring.add('other')
    expect(open.ring.verify(secret)).toEqual(key)
    expect([open.ring.revoke(key.id), open.ring.revoke(key.id), open.ring.revoke('key_none')]).toEqual([
      true,
      false,
      false,
    ])
    expect(open.ring.verify(secret)).toBeUndefined()
    expect(open.ring.verify(other.secret)).toEqual(other.key)
    expect(open.ring.list()).toEqual([other.key])
  })

  it('knows the key of a connection again, and is not misled by another or a revoked one on it', () => {
    using open = openRing()
    const [one, other] = [open.ring.add('one'), open.ring.add('other')]
    const connection = {}
    const verify = (secret: string) => open.ring.verify(secret, connection)
    expect([verify(one.secret), verify(one.secret), verify(other.secret), verify(one.secret)]).toEqual([
      one.key,
      one.key,
      other.key,
      one.key,
    ])
    expect(verify(`${one.secret.slice(0, -1)}!`)).toBeUndefined()
    open.ring.revoke(one.key.id)
    expect([verify(one.secret), verify(other.secret)]).toEqual([undefined, other.key])
    open.store.db.prepare('UPDATE api_key SET revoked_at = 1 WHERE id = ?').run(other.key.id)
    open.clock.at += 1_000
    expect(verify(other.secret)).toBeUndefined()
  })

  it('finds each of more keys than it remembers', () => {
    using open = openRing()
    const made = Array.from({ length: 1_100 }, (_, index) => open.ring.add(`key ${index}`))
    for (const { key, secret } of [...made, ...made]) expect(open.ring.verify(secret)).toEqual(key)
  })

  it('believes a key that was revoked elsewhere for a second at most', () => {
    using open = openRing()
    const { key, secret } = open.ring.add('ci')
    expect(open.ring.verify(secret)).toEqual(key)
    open.store.db.prepare('UPDATE api_key SET revoked_at = 1 WHERE id = ?').run(key.id)
    open.clock.at += 1_000
    expect(open.ring.verify(secret)).toBeUndefined()
    expect(open.ring.list()).toEqual([])
  })
})
