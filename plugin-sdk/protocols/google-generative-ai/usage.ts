import type { Usage } from '../../messages.ts'
import { isObject, objectsOf, type JsonObject } from './json.ts'

/** A running stream may send only `trafficType`. */
export const hasCounts = (metadata: unknown): metadata is JsonObject =>
  isObject(metadata) &&
  (typeof metadata['promptTokenCount'] === 'number' || typeof metadata['totalTokenCount'] === 'number')

/** Google counts cached tokens inside the prompt, and thoughts and the prompts of its own tools outside of everything. */
export function readUsage(metadata: JsonObject): Usage {
  const count = (key: string): number => {
    const value = metadata[key]
    return typeof value === 'number' ? value : 0
  }
  const cacheRead = count('cachedContentTokenCount')
  const reasoning = count('thoughtsTokenCount')
  const input = Math.max(0, count('promptTokenCount') - cacheRead) + count('toolUsePromptTokenCount')
  const output = count('candidatesTokenCount') + reasoning
  const asked = (name: 'audioInput' | 'imageInput', modality: string): object => {
    const cached = of(metadata['cacheTokensDetails'], modality)
    return part(name, of(metadata['promptTokensDetails'], modality) - cached, input)
  }
  return {
    input,
    output,
    cacheRead,
    cacheWrite: 0,
    ...asked('audioInput', 'AUDIO'),
    ...asked('imageInput', 'IMAGE'),
    ...part('audioOutput', of(metadata['candidatesTokensDetails'], 'AUDIO'), output),
    ...part('imageOutput', of(metadata['candidatesTokensDetails'], 'IMAGE'), output),
    ...(reasoning > 0 ? { reasoning } : {}),
    totalTokens: count('totalTokenCount') || input + cacheRead + output,
  }
}

/** Tokens of one modality in a list that tells them apart. */
const of = (details: unknown, modality: string): number =>
  objectsOf(details).reduce((sum, { modality: kind, tokenCount }) => {
    return kind === modality && typeof tokenCount === 'number' ? sum + tokenCount : sum
  }, 0)

/** A count that is part of another is never more than that; none is left out. */
const part = (name: keyof Usage, tokens: number, whole: number): object =>
  tokens <= 0 ? {} : { [name]: Math.min(tokens, whole) }

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
