import type { ToolCall } from '../../messages.ts'
import { isObject, textOf, without, type JsonObject } from './json.ts'

const CALL_FIELDS = ['type', 'id', 'call_id', 'name', 'arguments', 'status']

/** What our words have no name for in a call: `namespace`, `caller`, and arguments that only their own text can tell. */
export const callExtras = (item: JsonObject): JsonObject => ({
  ...without(item, CALL_FIELDS),
  ...originalArguments(item),
})

/** The model's own text while it still says the same: a prompt that differs in a blank is not found in its cache. */
export function writeArguments(value: ToolCall['arguments'], original: unknown): string {
  const text = JSON.stringify(value)
  return typeof original === 'string' && sameJson(original, text) ? original : text
}

function sameJson(original: string, text: string): boolean {
  try {
    return JSON.stringify(JSON.parse(original)) === text
  } catch {
    // What the model wrote was no JSON; our `{}` stands for it.
    return text === '{}'
  }
}

/** Kept beside a call when its arguments, written again, would not be the same text. */
function originalArguments(item: JsonObject): JsonObject {
  const original = textOf(item['arguments']) ?? ''
  try {
    const value: unknown = JSON.parse(original)
    if (isObject(value) && JSON.stringify(value) === original) return {}
  } catch {
    // Kept as it came.
  }
  return original === '' ? {} : { arguments: original }
}
