const GAP = '   '

/**
 * Rows as text in columns: the first column to the left, the others to the right. A row of one cell is a heading, which
 * widens no column; an empty row is a blank line.
 */
export function table(rows: readonly (readonly string[])[]): string {
  const cells = rows.filter((row) => row.length > 1)
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => (row.length > 1 ? line(row, widths) : (row[0] ?? ''))).join('\n')
}

const line = (row: readonly string[], widths: readonly number[]): string =>
  widths
    .map((width, column) => (column === 0 ? (row[column] ?? '').padEnd(width) : (row[column] ?? '').padStart(width)))
    .join(GAP)
    .trimEnd()
