/** JSON with every lone half of a surrogate pair replaced: hosts refuse texts cut in the middle of a character. */
export function writeBody(body: Readonly<Record<string, unknown>>): string {
  const json = JSON.stringify(body)
  if (!json.includes('\\ud')) return json
  return JSON.stringify(body, (_key, value: unknown) => (typeof value === 'string' ? value.toWellFormed() : value))
}
