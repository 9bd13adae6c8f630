/**
 * Which price each charge was worked out with. Counts and amounts of kinds that most calls do not have are empty in older
 * rows and where there were none.
 */
export const priceVersions = `CREATE TABLE price_version (
    id TEXT PRIMARY KEY,
    layer TEXT NOT NULL,
    price TEXT NOT NULL,
    markup_percent TEXT,
    first_used_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE ledger ADD COLUMN price_version TEXT;
  ALTER TABLE ledger ADD COLUMN priced_at INTEGER;
  ALTER TABLE ledger ADD COLUMN batch INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE ledger ADD COLUMN cache_write_1h_tokens INTEGER;
  ALTER TABLE ledger ADD COLUMN audio_input_tokens INTEGER;
  ALTER TABLE ledger ADD COLUMN audio_output_tokens INTEGER;
  ALTER TABLE ledger ADD COLUMN image_input_tokens INTEGER;
  ALTER TABLE ledger ADD COLUMN image_output_tokens INTEGER;
  ALTER TABLE ledger ADD COLUMN cache_write_1h_nano INTEGER;
  ALTER TABLE ledger ADD COLUMN reasoning_nano INTEGER;
  ALTER TABLE ledger ADD COLUMN audio_input_nano INTEGER;
  ALTER TABLE ledger ADD COLUMN audio_output_nano INTEGER;
  ALTER TABLE ledger ADD COLUMN image_input_nano INTEGER;
  ALTER TABLE ledger ADD COLUMN image_output_nano INTEGER;
  ALTER TABLE ledger ADD COLUMN request_nano INTEGER;
  ALTER TABLE ledger ADD COLUMN cache_savings_nano INTEGER;`
