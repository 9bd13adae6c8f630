import type { Model, ModelDeclaration } from '@plugboard/sdk'
import type { ProviderContribution } from '../../kernel/registry.ts'

/** A model's declaration with its provider's facts filled in. */
export function modelOf(contribution: ProviderContribution, declared: ModelDeclaration): Model {
  const { declaration: provider, baseUrl, type } = contribution
  const price = declared.price ?? provider.price
  const compat =
    provider.compat === undefined && declared.compat === undefined
      ? undefined
      : { ...provider.compat, ...declared.compat }
  return {
    ...declared,
    provider: provider.id,
    ...(type === provider.id ? {} : { instanceOf: type }),
    name: declared.name ?? declared.id,
    api: provider.protocol ?? 'code',
    baseUrl,
    input: declared.input ?? ['text'],
    tools: declared.tools ?? true,
    reasoning: declared.reasoning ?? false,
    ...(provider.simulated === true ? { simulated: true } : {}),
    ...(price === undefined ? {} : { price }),
    ...(compat === undefined ? {} : { compat }),
  }
}
