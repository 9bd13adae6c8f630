export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A text that says something: hosts fill fields they do not use with "". */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

export const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined

export const objectsOf = (value: unknown): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly unknown[]).filter(isObject) : []

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The fields whose names are not known, or undefined when there are none. `null` counts: the client wrote it. */
export function unknownFields(value: JsonObject, known: ReadonlySet<string>): JsonObject | undefined {
  // Most requests have none, and every message of every request is asked.
  for (const name in value) if (!known.has(name)) return without(value, known)
  return undefined
}

const without = (value: JsonObject, known: ReadonlySet<string>): JsonObject =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !known.has(name)))
