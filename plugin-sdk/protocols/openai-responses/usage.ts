import type { Usage } from '../../messages.ts'
import { isObject, type JsonObject } from './json.ts'

/** The provider counts cached tokens into its input; we do not. Undefined when it counted nothing. */
export function readUsage(usage: unknown): Usage | undefined {
  if (!isObject(usage)) return undefined
  const input = count(usage['input_tokens'])
  const output = count(usage['output_tokens'])
  const cacheRead = count(detail(usage['input_tokens_details'])['cached_tokens'])
  const cacheWrite = count(detail(usage['input_tokens_details'])['cache_write_tokens'])
  const { reasoning_tokens: reasoning } = detail(usage['output_tokens_details'])
  return {
    input: Math.max(0, input - cacheRead - cacheWrite),
    output,
    cacheRead,
    cacheWrite,
    ...(typeof reasoning === 'number' ? { reasoning } : {}),
    totalTokens: count(usage['total_tokens']) || input + output,
  }
}

export function writeUsage(usage: Usage): JsonObject {
  const { input, output, cacheRead, cacheWrite, reasoning } = usage
  const all = input + cacheRead + cacheWrite
  return {
    input_tokens: all,
    input_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning ?? 0 },
    total_tokens: all + output,
  }
}

const detail = (value: unknown): JsonObject => (isObject(value) ? value : {})

const count = (value: unknown): number => (typeof value === 'number' ? value : 0)
