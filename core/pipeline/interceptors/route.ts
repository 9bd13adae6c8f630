import type { Catalog } from '../../services/catalog/catalog.ts'
import type { Interceptor } from '../compose.ts'

/** Decides which model answers. */
export const route =
  (catalog: Catalog): Interceptor =>
  async (call, next) => {
    const { model } = call.request
    const found = typeof model === 'string' ? catalog.resolve(model) : model
    call.facts.target = found instanceof Promise ? await found : found
    return next(call)
  }
