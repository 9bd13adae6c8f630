import type { Model } from '@plugboard/sdk'
import type { Budgets, Hold } from '../../services/budget/budget.ts'
import { costCeiling } from '../../services/budget/cost-ceiling.ts'
import { outputSizes } from '../../services/budget/output-sizes.ts'
import type { Bound, WorstCase } from '../../services/budget/worst-case.ts'
import type { Call } from '../call.ts'
import type { Interceptor } from '../compose.ts'
import { providerRequest } from '../provider-request.ts'
import { spenderOf } from '../spender.ts'

/**
 * Lets a call go on only when its worst case can be paid. A caller who names no `maxTokens` gets the longest answer that
 * can be paid, and the provider is then held to it: otherwise the worst case would be a guess. The hold stays until the
 * ledger books the call.
 */
export const budget =
  (budgets: Budgets, worstCase: WorstCase): Interceptor =>
  async (call, next) => {
    const { facts, request } = call
    const spender = spenderOf(facts.target as Model, request.caller)
    const limited = budgets.appliesTo(spender)
    if (!limited && request.maxCost === undefined) return next(call)

    const asked = providerRequest(call)
    const bound = (maxOutput: number): Bound => worstCase(asked, maxOutput)
    const wanted = outputSizes(request.options, asked.model)
    const { sizes, binding } = costCeiling(request.maxCost, wanted, bound)
    await giveBackEarlier(call, budgets)
    const hold = limited ? await budgets.reserve({ id: call.id, spender, sizes, bound }) : undefined
    if (hold !== undefined) keep(hold, call, budgets)
    if (binding || hold?.binding === true) limitAnswer(call, hold?.maxOutput ?? sizes[0], wanted[0])
    return next(call)
  }

/** A call that is tried again, perhaps with another model, reserves anew. */
async function giveBackEarlier({ facts }: Call, budgets: Budgets): Promise<void> {
  const { hold } = facts
  delete facts.hold
  if (hold !== undefined) await budgets.release(hold)
}

function keep(hold: Hold, call: Call, budgets: Budgets): void {
  call.facts.hold = hold
  call.settled(() => {
    // Nobody was asked, so there will be no entry in the ledger to settle it.
    if (call.facts.hold === hold && call.facts.generation === undefined) return budgets.release(hold)
    return undefined
  })
}

function limitAnswer({ facts, request }: Call, paid: number | undefined, wanted: number | undefined): void {
  if (request.options.maxTokens !== undefined || paid === undefined) return
  facts.maxTokens = paid
  if (paid === wanted) return
  const message = `The answer was limited to ${paid} tokens, the longest that can be paid; name maxTokens to decide yourself.`
  facts.warnings = [...(facts.warnings ?? []), { type: 'other', feature: 'maxTokens', message }]
}
