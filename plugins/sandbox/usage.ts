import type { Batch, ProviderRequest, Usage } from '@plugboard/sdk'

const CHARS_PER_TOKEN = 4

/** A count that is stable and easy to check by hand: four characters of text are one token. */
export function usageOf({ context }: ProviderRequest, closing: Batch): Usage {
  const input = Math.ceil(textLength([context.systemPrompt, context.messages]) / CHARS_PER_TOKEN)
  const said = closing.reduce(
    (sum, event) => sum + (event.type === 'text_end' || event.type === 'thinking_end' ? event.content.length : 0),
    0,
  )
  const called = closing.reduce(
    (sum, event) => sum + (event.type === 'toolcall_end' ? JSON.stringify(event.toolCall.arguments).length : 0),
    0,
  )
  const output = Math.ceil((said + called) / CHARS_PER_TOKEN)
  return { input, output, cacheRead: 0, cacheWrite: 0, totalTokens: input + output }
}

function textLength(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 0
  return Object.entries(value).reduce(
    (sum, [key, part]) => sum + (key === 'content' || key === 'text' || Array.isArray(value) ? textLength(part) : 0),
    0,
  )
}
