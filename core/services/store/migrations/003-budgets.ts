/**
 * Budgets are removed by a mark, so that what is held on one can still be settled. `budget_revision` is drawn anew with
 * every change, by which every process notices it; being random, a change that was rolled back is never taken for another.
 * A hold is an open promise, a charge a settled one; `budget_balance` is their sum per window.
 */
export const budgets = `CREATE TABLE budget (
    id TEXT PRIMARY KEY,
    scope_kind TEXT NOT NULL CHECK (scope_kind IN ('global', 'provider', 'model', 'key', 'user', 'project', 'agent')),
    scope_value TEXT NOT NULL,
    window TEXT NOT NULL CHECK (window IN ('daily', 'monthly', 'total')),
    time_zone TEXT NOT NULL,
    limit_nano INTEGER, limit_tokens INTEGER,
    soft_run_tokens INTEGER, hard_run_tokens INTEGER,
    alert_threshold REAL,
    unknown_price TEXT NOT NULL CHECK (unknown_price IN ('deny', 'estimate', 'allow')),
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    removed_at INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX budget_in_force ON budget (scope_kind, scope_value, window) WHERE removed_at IS NULL;
  CREATE TABLE budget_revision (only INTEGER PRIMARY KEY CHECK (only = 1), revision INTEGER NOT NULL) STRICT;
  INSERT INTO budget_revision VALUES (1, 0);
  CREATE TABLE budget_balance (
    budget_id TEXT NOT NULL REFERENCES budget (id),
    window_start INTEGER NOT NULL,
    opening_nano INTEGER NOT NULL DEFAULT 0, opening_tokens INTEGER NOT NULL DEFAULT 0,
    spent_nano INTEGER NOT NULL DEFAULT 0, spent_tokens INTEGER NOT NULL DEFAULT 0,
    held_nano INTEGER NOT NULL DEFAULT 0, held_tokens INTEGER NOT NULL DEFAULT 0,
    alerted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (budget_id, window_start)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE budget_owner (
    id TEXT PRIMARY KEY,
    beat INTEGER NOT NULL,
    lease_ms INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    doubted_beat INTEGER,
    doubted_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE budget_hold (
    call_id TEXT NOT NULL,
    budget_id TEXT NOT NULL,
    window_start INTEGER NOT NULL,
    owner TEXT NOT NULL,
    nano INTEGER NOT NULL, tokens INTEGER NOT NULL,
    PRIMARY KEY (call_id, budget_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE budget_charge (
    entry_id TEXT NOT NULL,
    budget_id TEXT NOT NULL,
    window_start INTEGER NOT NULL,
    nano INTEGER NOT NULL, tokens INTEGER NOT NULL,
    held_nano INTEGER NOT NULL, held_tokens INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    PRIMARY KEY (entry_id, budget_id)
  ) STRICT, WITHOUT ROWID;`
