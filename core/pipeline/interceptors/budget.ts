import type { Model } from '@plugboard/sdk'
import type { Budgets, Hold, Spender, WorstCase } from '../../services/budget/budget.ts'
import type { Call } from '../call.ts'
import type { Interceptor, Next, Reply } from '../compose.ts'
import { outputSizes } from '../output-sizes.ts'
import { providerRequest } from '../provider-request.ts'
import { spenderOf } from '../spender.ts'

/**
 * Lets a call go on only when its worst case can be paid. A caller who names no `maxTokens` gets the longest answer that
 * can be paid, and the provider is then held to it: otherwise the worst case would be a guess. The hold stays until the
 * ledger books the call.
 */
export const budget =
  (budgets: Budgets, worstCase: WorstCase): Interceptor =>
  (call, next) => {
    const { facts, request } = call
    const spender = spenderOf(facts.target as Model, request.caller)
    if (request.maxCost === undefined && !budgets.appliesTo(spender)) return next(call)
    return paid(call, next, spender, { budgets, worstCase })
  }

interface PayParts {
  readonly budgets: Budgets
  readonly worstCase: WorstCase
}

async function paid(call: Call, next: Next, spender: Spender, { budgets, worstCase }: PayParts): Promise<Reply> {
  const { facts, request } = call
  await giveBackEarlier(call, budgets)
  const asked = providerRequest(call)
  const sizes = outputSizes(request.options, asked.model)
  const bound = (maxOutput: number) => worstCase(asked, maxOutput, facts.pricedAt, facts.prices)
  const hold = await budgets.reserve({ id: call.id, spender, sizes, bound, maxCost: request.maxCost })
  if (hold === undefined) return next(call)
  keep(hold, call, budgets)
  if (hold.binding && request.options.maxTokens === undefined) limitAnswer(call, hold, sizes)
  return next(call)
}

/** A call that is tried again, perhaps with another model, reserves anew. */
async function giveBackEarlier({ facts }: Call, budgets: Budgets): Promise<void> {
  const { hold } = facts
  facts.hold = undefined
  facts.maxTokens = undefined
  if (hold !== undefined) await budgets.release(hold)
}

function keep(hold: Hold, call: Call, budgets: Budgets): void {
  const { facts } = call
  facts.hold = hold
  // Nobody was asked, so there will be no entry in the ledger to settle it.
  call.settled(() => (facts.hold === hold && facts.generation === undefined ? budgets.release(hold) : undefined))
}

function limitAnswer({ facts }: Call, { maxOutput }: Hold, [longest]: readonly number[]): void {
  facts.maxTokens = maxOutput
  if (maxOutput === longest) return
  const message = `The answer was limited to ${maxOutput} tokens, the longest that can be paid; name maxTokens to decide yourself.`
  facts.warnings = [...(facts.warnings ?? []), { type: 'other', feature: 'maxTokens', message }]
}
