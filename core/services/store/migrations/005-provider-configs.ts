/**
 * Settings of providers, their secrets apart and encrypted, and settings that are one value. `provider_revision` is drawn
 * anew with every change of a configuration, by which every process notices it; `revision` says which one it was.
 */
export const providerConfigs = `CREATE TABLE provider_config (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    name TEXT,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    settings TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    last_validated_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE provider_revision (only INTEGER PRIMARY KEY CHECK (only = 1), revision INTEGER NOT NULL) STRICT;
  INSERT INTO provider_revision VALUES (1, 0);
  CREATE TABLE secret (
    name TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    kid TEXT NOT NULL,
    alg TEXT NOT NULL,
    nonce BLOB NOT NULL,
    sealed BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;`
