/**
 * What people call a model: without date, `latest` and vendor path, and with either dots or dashes in its version.
 * `claude-3.5-sonnet`, `claude-3-5-sonnet-20241022` and `anthropic/claude-3.5-sonnet` all give `claude-3-5-sonnet`.
 */
export const simpleName = (id: string): string =>
  id
    .toLowerCase()
    .replace(/^.*\//, '')
    .replaceAll('.', '-')
    .replace(/-(latest|preview|\d{8}|\d{4}-\d{2}-\d{2}|\d{4})$/, '')

/** The newest of several ids with one simple name: an undated one, else the latest date. */
export const newest = <T extends { readonly id: string }>(models: readonly T[]): T | undefined =>
  models.toSorted((a, b) => rank(b.id).localeCompare(rank(a.id)))[0]

const rank = (id: string): string => /(\d{8}|\d{4}-\d{2}-\d{2}|\d{4})$/.exec(id)?.[1]?.replaceAll('-', '') ?? '99999999'
