import type { Catalog } from '../../services/catalog/catalog.ts'
import type { Model } from '@plugboard/sdk'
import type { Call } from '../call.ts'
import type { Interceptor, Next, Reply } from '../compose.ts'

/** Decides which model answers. */
export const route =
  (catalog: Catalog): Interceptor =>
  (call, next) => {
    const { model } = call.request
    const found = typeof model === 'string' ? catalog.resolve(model) : model
    if (found instanceof Promise) return found.then((target) => routed(call, target, next))
    return routed(call, found, next)
  }

function routed(call: Call, target: Model, next: Next): Promise<Reply> {
  call.facts.target = target
  return next(call)
}
