/**
 * An outbox: one row per event and endpoint, written in the transaction that the event comes from. A row is under way while
 * it has a claim; `set_at` is when `next_at` was decided, by which a clock that was set back is noticed.
 */
export const webhooks = `CREATE TABLE webhook (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    enabled INTEGER NOT NULL DEFAULT 1,
    disabled_reason TEXT,
    allow_private INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE webhook_delivery (
    event_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    set_at INTEGER NOT NULL,
    claim TEXT,
    delivered_at INTEGER,
    failed_at INTEGER,
    last_error TEXT,
    PRIMARY KEY (event_id, webhook_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX webhook_delivery_open ON webhook_delivery (webhook_id, next_at)
    WHERE delivered_at IS NULL AND failed_at IS NULL;
  CREATE INDEX webhook_delivery_claimed ON webhook_delivery (claim) WHERE claim IS NOT NULL;
  ALTER TABLE budget_balance ADD COLUMN exhausted INTEGER NOT NULL DEFAULT 0;`
