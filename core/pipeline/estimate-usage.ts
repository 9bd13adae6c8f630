import type { Model, Usage } from '@plugboard/sdk'
import type { TokenCounter } from '../services/tokens/tokens.ts'
import type { Call } from './call.ts'

/** Tokens counted from the texts themselves, for answers whose provider told nothing. */
export function estimateUsage({ request, facts, message }: Call, model: Model, counter: TokenCounter): Usage {
  const input = counter.input(model, request.context, request.options).likely
  const limit = facts.maxTokens ?? request.options.maxTokens ?? Infinity
  // The provider was held to its limit, so an estimate above it is wrong, and would be charged beyond what was reserved.
  const output = Math.min(limit, counter.text(model, message.deliveredText).likely)
  return { input, output, cacheRead: 0, cacheWrite: 0, totalTokens: input + output, estimated: true }
}
