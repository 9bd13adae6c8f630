import type { Registry } from '../kernel/registry.ts'
import type { Agents } from '../services/agents/agents.ts'
import type { AuditLog } from '../services/audit/audit.ts'
import type { Budgets, WorstCase } from '../services/budget/budget.ts'
import type { Catalog } from '../services/catalog/catalog.ts'
import type { Clock } from '../services/clock/clock.ts'
import type { CostService, PriceVersions } from '../services/cost/cost.ts'
import type { TokenCounter } from '../services/tokens/tokens.ts'
import { attempt } from './attempt.ts'
import { compose, type Next } from './compose.ts'
import { agent } from './interceptors/agent.ts'
import { audit } from './interceptors/audit.ts'
import { budget } from './interceptors/budget.ts'
import { cost } from './interceptors/cost.ts'
import { ledger } from './interceptors/ledger.ts'
import { route } from './interceptors/route.ts'

export interface PipelineServices {
  readonly registry: Registry
  readonly catalog: Catalog
  readonly agents: Agents
  readonly clock: Clock
  readonly prices: CostService
  readonly versions: PriceVersions
  readonly counter: TokenCounter
  readonly budgets: Budgets
  readonly worstCase: WorstCase
  readonly log: AuditLog
}

/**
 * One request, from outside in. Settling runs the other way: the lease is given back, the cost is known, the ledger books
 * it and the budgets are charged, the audit log sees the end.
 */
export const pipeline = (services: PipelineServices): Next => {
  const { registry, catalog, agents, clock, prices, versions, counter, budgets, worstCase, log } = services
  return compose(
    [
      audit(log),
      agent(agents),
      ledger(budgets, clock),
      cost({ prices, versions, counter, clock }),
      route(catalog),
      budget(budgets, worstCase),
    ],
    attempt(registry, clock),
  )
}
