import type { FetchLimits, GenerationOptions } from '@plugboard/sdk'
import { isObject, type Json } from './model.ts'

/** What one call may take of its provider. */
export type Limits = FetchLimits & Pick<GenerationOptions, 'maxTokens'>

/** Anthropic refuses a smaller budget of thought, and one that leaves nothing for the answer. */
const SMALLEST_BUDGET = 1_024
const ANSWER_TOKENS = 1_024

/**
 * Anthropic's packages ask their API for `maxTokens` and the tokens of thought on top of it. To everybody else `maxTokens` is
 * all there may be, and so much was reserved on budgets: the request is held to it on its way out, whatever the package made
 * of it. Thoughts give way first; where there is no room for both, there are none.
 */
export const withinMaxTokens =
  (send: typeof fetch, limit: () => number | undefined): typeof fetch =>
  async (input, init) => {
    const most = limit()
    const body = init?.body
    // Only such requests go beyond, and others need not be read once more.
    if (most === undefined || typeof body !== 'string' || !body.includes('"budget_tokens"')) return send(input, init)
    return send(input, { ...init, body: JSON.stringify(held(JSON.parse(body) as Json, most)) })
  }

function held(request: Json, most: number): Json {
  const { max_tokens: asked, thinking, ...others } = request
  if (typeof asked !== 'number' || asked <= most || !isObject(thinking)) return request
  if (most <= SMALLEST_BUDGET) return { ...others, max_tokens: most }
  const wanted = Number(thinking['budget_tokens'])
  const budget = Math.max(SMALLEST_BUDGET, Math.min(wanted, most - ANSWER_TOKENS))
  return { ...others, max_tokens: most, thinking: { ...thinking, budget_tokens: budget } }
}
