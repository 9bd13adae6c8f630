import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { MIGRATIONS } from '../../../core/services/store/migrations.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { BY_HAND, TestClock, openBooks, settle, stateOf } from './support.ts'

const EARLIER = MIGRATIONS.slice(0, 7)

/** More than fits into a number that counts exactly when it is added up. */
const LARGE = Number.MAX_SAFE_INTEGER

/** Two budgets, of which one call holds on both and another was charged to both; and a process that died since. */
function writeEarlier(file: string): void {
  using db = new DatabaseSync(file)
  for (const step of EARLIER) db.exec(step)
  db.exec(`PRAGMA user_version = ${EARLIER.length};
    INSERT INTO budget (id, scope_kind, scope_value, window, time_zone, limit_nano, limit_tokens, unknown_price, created_at,
      changed_at) VALUES ('bud_1', 'global', '', 'total', 'UTC', ${LARGE}, NULL, 'deny', 1, 1),
      ('bud_2', 'provider', 'acme', 'total', 'UTC', NULL, 1000, 'deny', 2, 2);
    UPDATE budget_revision SET revision = 7;
    INSERT INTO budget_owner (id, beat, lease_ms, expires_at) VALUES ('dead', 1, 15000, 1);
    INSERT INTO budget_hold VALUES ('req_2', 'bud_1', 0, 'dead', 600, 60), ('req_2', 'bud_2', 0, 'dead', 600, 60);
    INSERT INTO ledger (id, at, provider, model, attempt, outcome, input_tokens, output_tokens, cache_read_tokens,
      cache_write_tokens, reasoning_tokens, estimated, input_nano, output_nano, cache_read_nano, cache_write_nano, total_nano,
      latency_ms, streamed) VALUES ('req_1', 1, 'acme', 'large', 1, 'completed', 0, 40, 0, 0, 0, 0, 0, ${LARGE - 900}, 0, 0,
      ${LARGE - 900}, 1, 0);
    INSERT INTO budget_charge VALUES ('req_1', 'bud_1', 0, ${LARGE - 900}, 40, 700, 50, 0),
      ('req_1', 'bud_2', 0, ${LARGE - 900}, 40, 700, 50, 0);
    INSERT INTO budget_balance (budget_id, window_start, spent_nano, spent_tokens, held_nano, held_tokens) VALUES
      ('bud_1', 0, ${LARGE - 900}, 40, 600, 60), ('bud_2', 0, ${LARGE - 900}, 40, 600, 60)`)
}

describe('books that an earlier version kept', () => {
  it('are right to the last nano-dollar, and what is held is settled and freed', async () => {
    await using dir = await tempDir()
    writeEarlier(dir.at('books.db'))
    await using books = openBooks(dir.at('books.db'), new TestClock())
    expect(books.budgets.verify()).toEqual({
      ok: true,
      problems: [],
      checked: { entries: 1, balances: 2, charges: 2, holds: 2 },
    })
    const [line] = books.store.db.prepare("SELECT * FROM budget_charge_line WHERE budget_id = 'bud_2'").all()
    expect(line).toEqual({
      entry_id: 'req_1',
      estimated: 0,
      budget_id: 'bud_2',
      window_start: 0,
      nano: LARGE - 900,
      tokens: 40,
      held_nano: 700,
      held_tokens: 50,
    })

    await books.budgets.beat()
    books.clock.advance(BY_HAND.graceMs)
    await books.budgets.beat()
    for (const id of ['bud_1', 'bud_2']) expect(stateOf(books, { id }).held).toEqual({ nano: 0, tokens: 0 })
    const [budget] = books.budgets.list()
    if (budget === undefined) throw new Error('the budgets are gone')
    const hold = {
      id: 'req_2',
      maxOutput: 60,
      binding: true,
      lines: [{ budget, windowStart: 0, nano: 600, tokens: 60 }],
    }
    await settle(books, hold, 500, 50)
    expect(stateOf(books, { id: 'bud_1' }).spent).toEqual({ nano: LARGE - 400, tokens: 90 })
    expect(books.budgets.verify().problems).toEqual([])
  })
})
