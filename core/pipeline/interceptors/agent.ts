import { agentIn, onBehalfOf, type Agents } from '../../services/agents/agents.ts'
import type { LiveCall } from '../call.ts'
import type { Interceptor } from '../compose.ts'

/**
 * Makes of a call to `agent:NAME` the call the agent stands for: its model, its options and instructions below the
 * request's own. Unless the caller names another agent, it counts on this one's budgets.
 */
export const agent =
  (agents: Agents): Interceptor =>
  (call, next) => {
    const { request } = call
    const name = typeof request.model === 'string' ? agentIn(request.model) : undefined
    if (name === undefined) return next(call)
    ;(call as LiveCall).request = {
      ...request,
      ...onBehalfOf(agents.get(name), request),
      caller: { ...request.caller, agentId: request.caller.agentId ?? name },
    }
    return next(call)
  }
