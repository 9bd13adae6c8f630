import type { Model, ProviderRequest } from '@plugboard/sdk'
import type { Call } from './call.ts'

/** What the provider is asked. The call must know its model by now. */
export function providerRequest({ facts, request }: Call): ProviderRequest {
  const { context, options, stream, wire } = request
  return {
    model: facts.target as Model,
    context,
    options: facts.maxTokens === undefined ? options : { ...options, maxTokens: facts.maxTokens },
    stream,
    wire,
  }
}
