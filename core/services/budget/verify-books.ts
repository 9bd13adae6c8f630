import type { DatabaseSync } from 'node:sqlite'
import type { BooksReport } from './budget.ts'

/** Each finds rows that must not exist, as a subject and what is wrong with it. */
const CHECKS: Readonly<Record<string, string>> = {
  SPENT_WRONG: `SELECT b.budget_id || ' ' || b.window_start AS subject,
    'spent is ' || b.spent_nano || ' nano-dollars and ' || b.spent_tokens || ' tokens; opening and charges are ' ||
    (b.opening_nano + coalesce(c.nano, 0)) || ' and ' || (b.opening_tokens + coalesce(c.tokens, 0)) AS message
    FROM budget_balance b LEFT JOIN (SELECT budget_id, window_start, sum(nano) AS nano, sum(tokens) AS tokens
    FROM budget_charge_line GROUP BY 1, 2) c USING (budget_id, window_start)
    WHERE b.spent_nano <> b.opening_nano + coalesce(c.nano, 0)
    OR b.spent_tokens <> b.opening_tokens + coalesce(c.tokens, 0)`,
  HELD_WRONG: `SELECT b.budget_id || ' ' || b.window_start AS subject,
    'held is ' || b.held_nano || ' nano-dollars and ' || b.held_tokens || ' tokens; open holds are ' ||
    coalesce(h.nano, 0) || ' and ' || coalesce(h.tokens, 0) AS message
    FROM budget_balance b LEFT JOIN (SELECT budget_id, window_start, sum(nano) AS nano, sum(tokens) AS tokens
    FROM budget_hold_line GROUP BY 1, 2) h USING (budget_id, window_start)
    WHERE b.held_nano <> coalesce(h.nano, 0) OR b.held_tokens <> coalesce(h.tokens, 0)`,
  BALANCE_MISSING: `SELECT DISTINCT budget_id || ' ' || window_start AS subject, 'holds or charges without a balance' AS message
    FROM (SELECT budget_id, window_start FROM budget_hold_line UNION SELECT budget_id, window_start FROM budget_charge_line) r
    WHERE NOT EXISTS (SELECT 1 FROM budget_balance b
      WHERE b.budget_id = r.budget_id AND b.window_start = r.window_start)`,
  CHARGE_WITHOUT_ENTRY: `SELECT c.entry_id AS subject, 'charged to ' || c.budget_id || ' but not in the ledger' AS message
    FROM budget_charge_line c LEFT JOIN ledger l ON l.id = c.entry_id WHERE l.id IS NULL`,
  CHARGE_WRONG: `SELECT c.entry_id AS subject, 'charged ' || c.nano || ' nano-dollars and ' || c.tokens || ' tokens to ' ||
    c.budget_id || '; the ledger says ' || coalesce(l.total_nano, 'unknown') || ' and ' ||
    (l.input_tokens + l.output_tokens + l.cache_read_tokens + l.cache_write_tokens) AS message
    FROM budget_charge_line c JOIN ledger l ON l.id = c.entry_id
    WHERE c.tokens <> l.input_tokens + l.output_tokens + l.cache_read_tokens + l.cache_write_tokens
    OR (l.total_nano IS NOT NULL AND c.nano <> l.total_nano) OR (c.estimated = 1) <> (l.total_nano IS NULL)`,
  HELD_AND_CHARGED: `SELECT h.call_id AS subject, 'is settled and still holds on ' || h.budget_id AS message
    FROM budget_hold_line h JOIN budget_charge_line c ON c.entry_id = h.call_id AND c.budget_id = h.budget_id`,
  HOLD_WITHOUT_OWNER: `SELECT call_id AS subject, 'holds on ' || budget_id || ' for nobody' AS message
    FROM budget_hold_line WHERE owner NOT IN (SELECT id FROM budget_owner)`,
  ENTRY_TWICE: `SELECT id AS subject, 'stands in the ledger ' || count(*) || ' times' AS message FROM ledger
    GROUP BY id HAVING count(*) > 1`,
  ENTRY_DAY_WRONG: `SELECT l.id AS subject, 'was booked before the first entry noted for its day, so usage leaves it out' AS message
    FROM ledger l LEFT JOIN ledger_day d ON d.day = l.at / 86400000 WHERE d.first_seq IS NULL OR d.first_seq > l.seq`,
  ENTRY_SUM_WRONG: `SELECT id AS subject, 'its parts do not add up to its total' AS message FROM ledger
    WHERE total_nano <> input_nano + output_nano + cache_read_nano + cache_write_nano + coalesce(cache_write_1h_nano, 0)
    + coalesce(reasoning_nano, 0) + coalesce(audio_input_nano, 0) + coalesce(audio_output_nano, 0)
    + coalesce(image_input_nano, 0) + coalesce(image_output_nano, 0) + coalesce(request_nano, 0)`,
}

const MAX_PROBLEMS_PER_CHECK = 100

/** Compares what is added up with what it is added up from. Reads everything: for the operator, not for every request. */
export function verifyBooks(db: DatabaseSync): BooksReport {
  // One transaction, so that other processes that go on booking do not look like mistakes.
  db.exec('BEGIN')
  try {
    const problems = Object.entries(CHECKS).flatMap(([code, check]) =>
      db
        .prepare(`${check} LIMIT ${MAX_PROBLEMS_PER_CHECK}`)
        .all()
        .map((row) => ({ code, subject: String(row['subject']), message: String(row['message']) })),
    )
    const count = (table: string): number => Number(db.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.['rows'])
    const checked = {
      entries: count('ledger'),
      balances: count('budget_balance'),
      charges: count('budget_charge_line'),
      holds: count('budget_hold_line'),
    }
    return { ok: problems.length === 0, problems, checked }
  } finally {
    db.exec('COMMIT')
  }
}
