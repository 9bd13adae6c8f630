/** The ledger's ids grow with time, so that rows are appended and no second index is written per request. */
export const ledgerKeysAudit = `CREATE TABLE ledger (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    key_id TEXT,
    tracking_id TEXT, user_id TEXT, project_id TEXT,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    generation TEXT,
    attempt INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('completed', 'failed', 'cancelled')),
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
    streamed INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE api_key (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    hint TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
  ) STRICT;
  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    actor TEXT NOT NULL,
    details TEXT NOT NULL
  ) STRICT;`
