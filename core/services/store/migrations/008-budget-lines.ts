/**
 * One row for all that a call holds, and one for all that it is charged: `lines` is a JSON array with an array per budget,
 * which the views take apart again for those who add up. Every call writes these rows; hardly anybody reads them.
 */
export const budgetLines = `ALTER TABLE budget_hold RENAME TO budget_hold_before;
  ALTER TABLE budget_charge RENAME TO budget_charge_before;
  CREATE TABLE budget_hold (
    call_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    lines TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE budget_charge (
    entry_id TEXT PRIMARY KEY,
    estimated INTEGER NOT NULL,
    lines TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO budget_hold SELECT call_id, max(owner),
    json_group_array(json_array(budget_id, window_start, nano, tokens)) FROM budget_hold_before GROUP BY call_id;
  INSERT INTO budget_charge SELECT entry_id, max(estimated),
    json_group_array(json_array(budget_id, window_start, nano, tokens, held_nano, held_tokens))
    FROM budget_charge_before GROUP BY entry_id;
  DROP TABLE budget_hold_before;
  DROP TABLE budget_charge_before;
  CREATE VIEW budget_hold_line AS SELECT call_id, owner, line.value ->> 0 AS budget_id, line.value ->> 1 AS window_start,
    line.value ->> 2 AS nano, line.value ->> 3 AS tokens FROM budget_hold, json_each(lines) AS line;
  CREATE VIEW budget_charge_line AS SELECT entry_id, estimated, line.value ->> 0 AS budget_id,
    line.value ->> 1 AS window_start, line.value ->> 2 AS nano, line.value ->> 3 AS tokens,
    line.value ->> 4 AS held_nano, line.value ->> 5 AS held_tokens FROM budget_charge, json_each(lines) AS line;`
