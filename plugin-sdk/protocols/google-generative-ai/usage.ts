import type { Usage } from '../../messages.ts'
import { isObject, type JsonObject } from './json.ts'

/**
 * Google counts cached tokens inside the prompt, and thoughts and the prompts of its own tools outside of everything.
 * Undefined when the object holds no counts: a running stream may send only `trafficType`.
 */
export function readUsage(metadata: unknown): Usage | undefined {
  if (!isObject(metadata)) return undefined
  if (typeof metadata['promptTokenCount'] !== 'number' && typeof metadata['totalTokenCount'] !== 'number')
    return undefined
  const count = (key: string): number => {
    const value = metadata[key]
    return typeof value === 'number' ? value : 0
  }
  const cacheRead = count('cachedContentTokenCount')
  const reasoning = count('thoughtsTokenCount')
  const input = Math.max(0, count('promptTokenCount') - cacheRead) + count('toolUsePromptTokenCount')
  const output = count('candidatesTokenCount') + reasoning
  return {
    input,
    output,
    cacheRead,
    cacheWrite: 0,
    ...(reasoning > 0 ? { reasoning } : {}),
    totalTokens: count('totalTokenCount') || input + cacheRead + output,
  }
}

export function writeUsage(usage: Usage): JsonObject {
  const reasoning = usage.reasoning ?? 0
  return {
    promptTokenCount: usage.input + usage.cacheRead + usage.cacheWrite,
    candidatesTokenCount: Math.max(0, usage.output - reasoning),
    ...(usage.cacheRead > 0 ? { cachedContentTokenCount: usage.cacheRead } : {}),
    ...(reasoning > 0 ? { thoughtsTokenCount: reasoning } : {}),
    totalTokenCount: usage.totalTokens,
  }
}
