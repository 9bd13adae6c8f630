/** What an agent is stands as one JSON text: its fields grow with those of a request, and nobody searches by them. */
export const agents = `CREATE TABLE agent (
    name TEXT PRIMARY KEY,
    spec TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`
