import type { JsonObject } from './json.ts'

/** A response object in our words: Google's own `output` and `error` keys are plain text, anything else its JSON. */
export function responseText(response: JsonObject): { text: string; isError: boolean } {
  const keys = Object.keys(response)
  const [only] = keys
  if (keys.length === 1 && (only === 'output' || only === 'error')) {
    const value = response[only]
    if (typeof value === 'string') return { text: value, isError: only === 'error' }
  }
  return { text: JSON.stringify(response), isError: keys.length === 1 && only === 'error' }
}
