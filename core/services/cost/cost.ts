import type { Cost, Model, Usage } from '@plugboard/sdk'
import { token } from '../../kernel/scope.ts'

/** Tells what tokens cost. */
export interface CostService {
  /** Nano-dollars per kind and in total; all `null` when the model's price is not known and there were tokens to pay. */
  costOf(model: Model, usage: Usage): Cost
}

export const CostService = token<CostService>('cost')
