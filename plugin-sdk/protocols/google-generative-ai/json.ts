export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Protobuf's JSON reader takes a lone value where a list is declared, and clients use that. */
export const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? NOTHING : [value]

/** Almost always all of them are objects, and the list is the one that came: this is asked several times for each chunk. */
export function objectsOf(value: unknown): readonly JsonObject[] {
  const list = listOf(value)
  return list.every(isObject) ? list : list.filter(isObject)
}

const NOTHING: readonly unknown[] = []

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** Objects are merged key by key; everything else, lists too, is taken from `over`. */
export function merge(base: JsonObject, over: JsonObject): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key]
    merged[key] = isObject(below) && isObject(value) ? merge(below, value) : value
  }
  return merged
}
