import type { Usage } from '../../messages.ts'
import type { OpenAIChatCompat } from './compat.ts'
import { isObject, numberOf, type JsonObject } from './json.ts'

type UsageRules = Pick<OpenAIChatCompat, 'outputExcludesReasoning' | 'usageTotalIsTruth'>

/** Undefined when the host told nothing: a prompt has at least one token, so all zeros are a stub. */
export function readUsage(raw: unknown, rules: UsageRules): Usage | undefined {
  if (!isObject(raw)) return undefined
  const asked = objectAt(raw, 'prompt_tokens_details')
  const answered = objectAt(raw, 'completion_tokens_details')
  const told = numberOf(raw['total_tokens'])
  let prompt = first(raw['prompt_tokens'], raw['input_tokens'])
  let output = first(raw['completion_tokens'], raw['output_tokens'])
  if (prompt + output + (told ?? 0) === 0) return undefined

  // Mistral counts audio beside the prompt's tokens, everyone else within them.
  const audio = first(asked['audio_tokens'])
  if (told === prompt + output + audio) prompt += audio
  const reasoning = first(answered['reasoning_tokens'], raw['reasoning_tokens'])
  if (rules.outputExcludesReasoning || told === prompt + output + reasoning) output += reasoning
  else if (rules.usageTotalIsTruth && told !== undefined) output = Math.max(output, told - prompt)

  const cacheRead = first(
    asked['cached_tokens'],
    raw['prompt_cache_hit_tokens'],
    raw['num_cached_tokens'],
    raw['cached_tokens'],
  )
  const cacheWrite = first(
    asked['cache_write_tokens'],
    asked['cache_creation_input_tokens'],
    raw['cache_creation_input_tokens'],
  )
  // Gemini through OpenRouter writes and reads the same tokens in one request, and charges both.
  const cached = cacheRead + cacheWrite > prompt ? Math.max(cacheRead, cacheWrite) : cacheRead + cacheWrite
  const input = Math.max(0, prompt - cached)
  const usage: WritableUsage = { input, output, cacheRead, cacheWrite, totalTokens: Math.max(prompt, cached) + output }
  // OpenRouter has reported more reasoning than output.
  setPart(usage, 'reasoning', reasoning, output)
  setPart(usage, 'audioInput', audio, input)
  setPart(usage, 'imageInput', first(asked['image_tokens']), input)
  setPart(usage, 'audioOutput', first(answered['audio_tokens']), output)
  setPart(usage, 'imageOutput', first(answered['image_tokens']), output)
  return usage
}

type WritableUsage = { -readonly [K in keyof Usage]: Usage[K] }

export function writeUsage({ input, output, cacheRead, cacheWrite, reasoning, totalTokens }: Usage): JsonObject {
  return {
    prompt_tokens: input + cacheRead + cacheWrite,
    completion_tokens: output,
    total_tokens: totalTokens,
    prompt_tokens_details: {
      cached_tokens: cacheRead,
      ...(cacheWrite === 0 ? {} : { cache_write_tokens: cacheWrite }),
    },
    completion_tokens_details: { reasoning_tokens: reasoning ?? 0 },
  }
}

type Part = 'reasoning' | 'audioInput' | 'audioOutput' | 'imageInput' | 'imageOutput'

/** A count that is part of another is never more than that; none is left out. */
function setPart(usage: WritableUsage, name: Part, tokens: number, whole: number): void {
  if (tokens > 0) usage[name] = Math.min(tokens, whole)
}

const objectAt = (value: JsonObject, name: string): JsonObject => {
  const inner = value[name]
  return isObject(inner) ? inner : NOTHING
}

const NOTHING: JsonObject = {}

/** The first count that is there and not zero: hosts that proxy others fill the fields they do not use with 0. */
function first(...candidates: readonly unknown[]): number {
  for (const candidate of candidates) {
    const count = numberOf(candidate)
    if (count !== undefined && count > 0) return count
  }
  return 0
}
