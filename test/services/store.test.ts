import { DatabaseSync } from 'node:sqlite'
import { statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { SqliteStore } from '../../core/services/store/sqlite-store.ts'
import { tempDir } from '../support/temp-dir.ts'

const note = (store: SqliteStore, subject: string) => () =>
  store.db
    .prepare("INSERT INTO audit (at, action, subject, actor, details) VALUES (1, 'a', ?, 'me', '{}')")
    .run(subject)

const subjects = (db: DatabaseSync): unknown[] =>
  db
    .prepare('SELECT subject FROM audit ORDER BY seq')
    .all()
    .map(({ subject }) => subject)

describe('the store', () => {
  it('has committed what a write resolved for: another connection sees it at once', async () => {
    await using dir = await tempDir()
    using store = new SqliteStore(dir.at('plugboard.db'))
    using reader = new DatabaseSync(dir.at('plugboard.db'), { readOnly: true })
    await store.write(note(store, 'one'))
    expect(subjects(reader)).toEqual(['one'])
  })

  it('gives each writer its own result, in the order of writing', async () => {
    using store = new SqliteStore(':memory:')
    const order: number[] = []
    const results = await Promise.all(
      [1, 2, 3].map((n) =>
        store.write(() => {
          order.push(n)
          return n * 10
        }),
      ),
    )
    expect(results).toEqual([10, 20, 30])
    expect(order).toEqual([1, 2, 3])
  })

  it('commits the writes of one tick together', async () => {
    await using dir = await tempDir()
    using store = new SqliteStore(dir.at('plugboard.db'))
    using reader = new DatabaseSync(dir.at('plugboard.db'), { readOnly: true })
    const seen = await Promise.all(
      ['one', 'two', 'three'].map((subject) =>
        store.write(() => {
          note(store, subject)()
          return subjects(reader).length
        }),
      ),
    )
    expect(seen).toEqual([0, 0, 0])
    expect(subjects(reader)).toEqual(['one', 'two', 'three'])
  })

  it('lets one bad write fail alone', async () => {
    using store = new SqliteStore(':memory:')
    const results = await Promise.allSettled([
      store.write(note(store, 'before')),
      store.write(() => {
        note(store, 'half')()
        store.db.prepare('INSERT INTO audit (at) VALUES (NULL)').run()
      }),
      store.write(note(store, 'after')),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(results[1]).toMatchObject({ reason: { code: 'STORE_WRITE_FAILED', hint: expect.any(String) as string } })
    expect(subjects(store.db)).toEqual(['before', 'after'])
  })

  it('lets what is done before every commit see all writes, and undoes it together with them', async () => {
    await using dir = await tempDir()
    using store = new SqliteStore(dir.at('plugboard.db'))
    using reader = new DatabaseSync(dir.at('plugboard.db'), { readOnly: true })
    const noted: string[] = []
    store.beforeCommit(() => {
      const all = noted.splice(0)
      if (all.length > 0) note(store, `sum of ${all.join(' and ')}`)()
      if (all.includes('bad')) throw new Error('bad')
    })
    const put = (subject: string) => store.write(() => noted.push(subject))
    await Promise.all([put('one'), put('two')])
    expect(subjects(reader)).toEqual(['sum of one and two'])
    const results = await Promise.allSettled([put('three'), put('bad'), put('four')])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(subjects(reader)).toEqual(['sum of one and two', 'sum of three', 'sum of four'])
  })

  it('refuses writes clearly when the disk is full, and takes them again when there is room', async () => {
    await using dir = await tempDir()
    using store = new SqliteStore(dir.at('plugboard.db'))
    const pages = Number(store.db.prepare('PRAGMA page_count').get()?.['page_count'])
    store.db.exec(`PRAGMA max_page_count = ${pages}`)
    const long = 'x'.repeat(50_000)
    await expect(store.write(note(store, long))).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' })
    store.db.exec('PRAGMA max_page_count = 100000')
    await store.write(note(store, long))
    expect(subjects(store.db)).toEqual([long])
  })

  it('writes what is pending before it closes, and refuses what comes later', async () => {
    await using dir = await tempDir()
    const store = new SqliteStore(dir.at('plugboard.db'))
    const pending = store.write(note(store, 'pending'))
    store[Symbol.dispose]()
    await pending
    using reader = new DatabaseSync(dir.at('plugboard.db'), { readOnly: true })
    expect(subjects(reader)).toEqual(['pending'])
    await expect(store.write(note(store, 'late'))).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  })

  it('is readable by its user only', async () => {
    await using dir = await tempDir()
    using store = new SqliteStore(dir.at('data', 'plugboard.db'))
    await store.write(note(store, 'one'))
    expect(statSync(dir.at('data', 'plugboard.db')).mode & 0o777).toBe(0o600)
    expect(statSync(dir.at('data')).mode & 0o077).toBe(0)
  })

  it('leaves a database of a newer version alone', async () => {
    await using dir = await tempDir()
    const file = dir.at('plugboard.db')
    new SqliteStore(file)[Symbol.dispose]()
    using newer = new DatabaseSync(file)
    newer.exec('PRAGMA user_version = 999')
    expect(() => new SqliteStore(file)).toThrow(expect.objectContaining({ code: 'STORE_TOO_NEW' }) as Error)
  })

  it('says what to do when its folder cannot be made', async () => {
    await using dir = await tempDir()
    new SqliteStore(dir.at('file.db'))[Symbol.dispose]()
    expect(() => new SqliteStore(dir.at('file.db', 'plugboard.db'))).toThrow(
      expect.objectContaining({
        code: 'STORE_UNAVAILABLE',
        hint: expect.stringContaining('PLUGBOARD_HOME') as string,
      }) as Error,
    )
  })

  it('keeps the writes of two processes on one file apart', async () => {
    await using dir = await tempDir()
    using one = new SqliteStore(dir.at('plugboard.db'))
    using two = new SqliteStore(dir.at('plugboard.db'))
    const writes = Array.from({ length: 50 }, (_, n) => [
      one.write(note(one, `one ${n}`)),
      two.write(note(two, `two ${n}`)),
    ])
    await Promise.all(writes.flat())
    expect(subjects(one.db)).toHaveLength(100)
  })
})
