/** Which agent made a call (older rows do not know), and the moments from which usage counts anew. `scope` is JSON. */
export const usage = `ALTER TABLE ledger ADD COLUMN agent_id TEXT;
  CREATE TABLE usage_reset (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    scope TEXT NOT NULL,
    actor TEXT NOT NULL
  ) STRICT;`
