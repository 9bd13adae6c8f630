import type { Usage } from '../messages.ts'
import { isObject, type Json } from './part.ts'

/** Providers whose version 2 packages do not count cached tokens as input. */
const CACHE_APART: readonly string[] = ['anthropic', 'bedrock']

/** Undefined unless both sides are told: what is unknown must not be counted as zero. */
export function usageOf(usage: Json | undefined, namespace: string, metadata: Json = {}): Usage | undefined {
  const { inputTokens: into, outputTokens: out, cachedInputTokens, reasoningTokens } = usage ?? {}
  const flat = !isObject(into)
  const own = isObject(metadata[namespace]) ? metadata[namespace] : {}
  const cacheRead = count(flat ? cachedInputTokens : into['cacheRead']) ?? 0
  const cacheWrite = count(flat ? own['cacheCreationInputTokens'] : into['cacheWrite']) ?? 0
  const total = count(flat ? into : into['total'])
  const cached = flat && CACHE_APART.includes(namespace) ? 0 : cacheRead + cacheWrite
  const input =
    (flat ? undefined : count(into['noCache'])) ?? (total === undefined ? undefined : Math.max(0, total - cached))
  const output = count(isObject(out) ? out['total'] : out)
  const reasoning = count(isObject(out) ? out['reasoning'] : reasoningTokens)
  if (input === undefined || output === undefined) return undefined
  return {
    input,
    output,
    cacheRead,
    cacheWrite,
    ...(reasoning === undefined ? {} : { reasoning }),
    totalTokens: input + output + cacheRead + cacheWrite,
  }
}

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
