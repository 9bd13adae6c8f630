import type { Usage } from '@plugboard/sdk'
import type { Call } from './call.ts'

/** English text has some four characters to a token; other languages and code have fewer, so this may count low by half. */
const CHARS_PER_TOKEN = 4

/** Tokens counted from the texts themselves, for answers whose provider told nothing. */
export function estimateUsage({ request, facts, message }: Call): Usage {
  const { systemPrompt = '', messages, tools = [] } = request.context
  const asked = systemPrompt.length + charsIn(messages) + charsIn(tools)
  const input = Math.ceil(asked / CHARS_PER_TOKEN)
  const limit = facts.maxTokens ?? request.options.maxTokens ?? Infinity
  // The provider was held to its limit, so an estimate above it is wrong, and would be charged beyond what was reserved.
  const output = Math.min(limit, Math.ceil(message.deliveredChars / CHARS_PER_TOKEN))
  return { input, output, cacheRead: 0, cacheWrite: 0, totalTokens: input + output, estimated: true }
}

/** Characters of all texts inside; an image's bytes are not text. */
function charsIn(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 0
  if ((value as { type?: unknown }).type === 'image') return 0
  return Object.values(value).reduce<number>((sum, part) => sum + charsIn(part), 0)
}
