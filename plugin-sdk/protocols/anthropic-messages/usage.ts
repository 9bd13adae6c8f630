import type { Usage } from '../../messages.ts'
import { isObject, objectsOf, type JsonObject } from './json.ts'

/**
 * Usage comes at the start of a stream and again at its end, in full or in part: of each field the last value counts.
 */
export class UsageReader {
  readonly #fields: Record<string, unknown> = {}

  add(usage: unknown): void {
    if (!isObject(usage)) return
    for (const [name, value] of Object.entries(usage)) if (value !== null) this.#fields[name] = value
  }

  /** Undefined when the provider reported none. */
  read(): Usage | undefined {
    const fields = this.#fields
    if (typeof fields['input_tokens'] !== 'number' && typeof fields['output_tokens'] !== 'number') return undefined
    // Shortening the conversation is work of the same model that the totals leave out and the bill does not.
    const parts = [fields, ...objectsOf(fields['iterations']).filter(({ type }) => type === 'compaction')]
    const sum = (name: string): number => parts.reduce((total, part) => total + count(part, name), 0)
    const input = sum('input_tokens')
    const output = sum('output_tokens')
    const cacheRead = sum('cache_read_input_tokens')
    const cacheWrite = sum('cache_creation_input_tokens')
    const longWrites = parts.reduce((total, part) => total + hourLong(part), 0)
    const details = fields['output_tokens_details']
    const reasoning = isObject(details) ? count(details, 'thinking_tokens') : 0
    return {
      input,
      output,
      cacheRead,
      cacheWrite,
      ...(longWrites > 0 ? { cacheWrite1h: Math.min(longWrites, cacheWrite) } : {}),
      ...(reasoning > 0 ? { reasoning } : {}),
      totalTokens: input + output + cacheRead + cacheWrite,
    }
  }
}

/** Entries that live an hour cost more than those of five minutes; the count beside them holds both. */
function hourLong({ cache_creation: written }: JsonObject): number {
  return isObject(written) ? count(written, 'ephemeral_1h_input_tokens') : 0
}

function count(fields: JsonObject, name: string): number {
  const value = fields[name]
  return typeof value === 'number' && value > 0 ? value : 0
}

/** The fields that both a whole answer and the end of a stream carry. */
export const writeUsage = (usage: Usage | undefined): JsonObject => ({
  input_tokens: usage?.input ?? 0,
  cache_creation_input_tokens: usage?.cacheWrite ?? 0,
  cache_read_input_tokens: usage?.cacheRead ?? 0,
  output_tokens: usage?.output ?? 0,
  ...(usage?.reasoning === undefined ? {} : { output_tokens_details: { thinking_tokens: usage.reasoning } }),
  server_tool_use: null,
})

/** As `writeUsage`, with the fields that only a whole answer has. */
export const writeMessageUsage = (usage: Usage | undefined): JsonObject => ({
  ...writeUsage(usage),
  cache_creation:
    usage?.cacheWrite1h === undefined
      ? null
      : {
          ephemeral_5m_input_tokens: usage.cacheWrite - usage.cacheWrite1h,
          ephemeral_1h_input_tokens: usage.cacheWrite1h,
        },
  inference_geo: null,
  service_tier: null,
})
