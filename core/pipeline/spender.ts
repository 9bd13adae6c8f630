import type { Model } from '@plugboard/sdk'
import type { Spender } from '../services/budget/budget.ts'
import type { CallRequest } from './call.ts'

/** Whose money a call to a model spends. */
export const spenderOf = (
  { provider, id: model }: Model,
  { keyId, userId, projectId, agentId }: CallRequest['caller'],
): Spender => ({
  provider,
  model,
  keyId,
  userId,
  projectId,
  agentId,
})
