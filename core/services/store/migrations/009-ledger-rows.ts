/**
 * The ledger's rows in the order in which they were booked, without an index on `id`. An entry whose key is its id costs 14 µs
 * from `record` to the end of its commit (with 16 of them in one); one that is only appended costs 9, of which an index on
 * `id` would take 2 again. Part of it is the CHECK: a list in it builds a table of its own for each insert. What the key did
 * is done elsewhere: an id is looked for newest first, and `ledger verify` finds one that stands twice.
 *
 * `ledger_day` is the index of time: the first row that was booked on each day (of `at`, in days since 1970), one row per
 * day, so that a query of this month does not read last year's rows. An index on `at` would cost each entry 2 µs.
 */
export const ledgerRows = `CREATE TABLE ledger_rows (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    at INTEGER NOT NULL,
    key_id TEXT,
    tracking_id TEXT, user_id TEXT, project_id TEXT,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    generation TEXT,
    attempt INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome = 'completed' OR outcome = 'failed' OR outcome = 'cancelled'),
    error_class TEXT,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    input_nano INTEGER, output_nano INTEGER, cache_read_nano INTEGER, cache_write_nano INTEGER,
    total_nano INTEGER,
    latency_ms INTEGER NOT NULL,
    ttfb_ms INTEGER,
    streamed INTEGER NOT NULL,
    price_version TEXT,
    priced_at INTEGER,
    batch INTEGER NOT NULL DEFAULT 0,
    cache_write_1h_tokens INTEGER,
    audio_input_tokens INTEGER, audio_output_tokens INTEGER,
    image_input_tokens INTEGER, image_output_tokens INTEGER,
    cache_write_1h_nano INTEGER,
    reasoning_nano INTEGER,
    audio_input_nano INTEGER, audio_output_nano INTEGER,
    image_input_nano INTEGER, image_output_nano INTEGER,
    request_nano INTEGER,
    cache_savings_nano INTEGER,
    agent_id TEXT
  ) STRICT;
  INSERT INTO ledger_rows SELECT NULL, * FROM ledger ORDER BY id;
  DROP TABLE ledger;
  ALTER TABLE ledger_rows RENAME TO ledger;
  CREATE TABLE ledger_day (day INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL) STRICT;
  INSERT INTO ledger_day SELECT at / 86400000, min(seq) FROM ledger GROUP BY 1;`
