import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { startNode, type NodeProcess } from '../../support/process.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'
import { SHORT_LEASE, WORST_NANO } from './callers.ts'
import { sampleBalances } from './sampling.ts'
import { openBooks, stateOf, TestClock } from './support.ts'

const KILLS = 50
/** What they may take on a machine with twenty times as much to do as it can; a quiet one is done within a minute. */
const FOR_MS = 600_000
/** Starting takes longer than living, so the next ones start while one lives. */
const AT_ONCE = 4
/** After a process is ready; with its start, one dies about every second. */
const LIFE_MS = { least: 150, spread: 400 }
/** What two processes have running and a little more: what dead ones still hold is in their way. */
const ROOM = 50 * WORST_NANO
/** Lease and grace, a beat to notice each, and a busy machine. */
const LEAK_MS = SHORT_LEASE.leaseMs + SHORT_LEASE.graceMs + 3_000
/** A whole Plugboard, and the books alone. */
const CALLER = new URL('./caller.ts', import.meta.url).pathname
const VICTIM = new URL('./victim.ts', import.meta.url).pathname
const GLOBAL = { scope: { kind: 'global', value: '' }, window: 'total' } as const

const disposeAll = async (processes: readonly NodeProcess[]): Promise<void> => {
  for (const each of processes) await each[Symbol.asyncDispose]()
}

/** The calls a process was told are settled, with what they cost. */
const settledBy = ({ stdout }: NodeProcess): [string, number][] =>
  stdout.split('\n').flatMap((line) => {
    const [, id, nano] = /^settled (\S+) (\d+)$/.exec(line) ?? []
    return id === undefined ? [] : [[id, Number(nano)]]
  })

describe('two processes on one database, one of them killed every second', () => {
  it(
    `lose no settled charge, leak no hold, charge nothing twice and pass no limit in ${KILLS} kills`,
    async () => {
      await using dir = await tempDir()
      const clock = new TestClock(Date.now())
      await using books = openBooks(dir.at('plugboard.db'), clock)
      const budget = await books.budgets.set({ ...GLOBAL, limitNano: ROOM, alertThreshold: null })
      const stop = await sampleBalances(dir.at('plugboard.db'), 5)
      // Compiled code is kept: most of a start is else spent on reading the same sources again.
      const env = { NODE_COMPILE_CACHE: dir.at('compiled') }
      const start = (script = VICTIM): NodeProcess => startNode([script, dir.path], { env })
      await using steady = start(CALLER)
      const killed: { readonly process: NodeProcess; readonly at: number }[] = []
      const leaked = new Set<string>()

      await steady.line(/^ready$/, 60_000)
      steady.kill('SIGUSR2')
      const deadline = performance.now() + FOR_MS
      const starting = Array.from({ length: AT_ONCE }, () => start())
      await using _ = { [Symbol.asyncDispose]: () => disposeAll(starting) }
      for (let n = 0; n < KILLS && performance.now() < deadline; n++) {
        const victim = starting.shift() as NodeProcess
        await victim.line(/^ready$/, FOR_MS)
        if (n + starting.length + 1 < KILLS) starting.push(start())
        victim.kill('SIGUSR2')
        await sleep(LIFE_MS.least + Math.random() * LIFE_MS.spread)
        victim.kill('SIGKILL')
        await victim.exited
        killed.push({ process: victim, at: performance.now() })
        // The money is always nearly out, and what the limit is changes while calls run.
        await books.budgets.set({ ...GLOBAL, limitNano: stateOf(books, budget).spent.nano + ROOM })
        const owners = books.store.db.prepare('SELECT DISTINCT owner FROM budget_hold').all()
        for (const { process, at } of killed)
          if (performance.now() - at > LEAK_MS)
            for (const { owner } of owners) if (String(owner).startsWith(`${process.pid}-`)) leaked.add(String(owner))
      }
      // What the last one held is freed by the one that lives.
      await until(() => books.store.db.prepare('SELECT count(*) AS n FROM budget_owner').get()?.['n'] === 1, {
        what: 'only the living process owns holds',
        deadlineMs: LEAK_MS,
      })
      steady.kill('SIGTERM')
      await steady.line(/^done$/, 30_000)
      const sampled = await stop()

      expect([...leaked]).toEqual([])
      expect(sampled.above).toBeLessThanOrEqual(0)
      expect(sampled.most).toBeGreaterThan(ROOM)
      expect(sampled.negative).toBe(0)
      // Only the dead were taken for dead.
      const freed = books.store.db.prepare("SELECT subject FROM audit WHERE action = 'budget_holds_freed'").all()
      expect(killed).toHaveLength(KILLS)
      expect(freed.length).toBeGreaterThan(killed.length / 3)
      const pids = killed.map(({ process }) => String(process.pid))
      expect(freed.filter(({ subject }) => !pids.includes(String(subject).split('-', 1)[0] ?? ''))).toEqual([])

      const told = [steady, ...killed.map(({ process }) => process)].flatMap(settledBy)
      const booked = new Map(
        books.store.db
          .prepare('SELECT entry_id, nano FROM budget_charge_line')
          .all()
          .map((row) => [row['entry_id'], row['nano']]),
      )
      expect(told.length).toBeGreaterThan(killed.length * 20)
      expect(told.filter(([id, nano]) => booked.get(id) !== nano)).toEqual([])
      expect(new Set(told.map(([id]) => id)).size).toBe(told.length)
      const { spent, held } = stateOf(books, budget)
      expect({ nano: spent.nano, held: held.nano }).toEqual({ nano: Number(books.ledger.totals().nano), held: 0 })
      expect(books.budgets.verify()).toMatchObject({ ok: true, problems: [], checked: { holds: 0 } })
    },
    FOR_MS + 60_000,
  )
})
