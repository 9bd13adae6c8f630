import { PlugboardError, fillIn, type PluginSettings, type ProviderDeclaration } from '@plugboard/sdk'
import { isObject, type Json } from './model.ts'

/** What stands under `options` of a provider in its manifest. */
export interface Options {
  /** Name of the npm package. */
  readonly source: string
  /** The function in it that makes a provider. */
  readonly factory: string
  /** What that function takes beside key, base URL and headers. */
  readonly settings: Json
  /** The provider's key in `providerOptions`. Default: the first part of its model's `provider`. */
  readonly namespace: string | undefined
}

/** Throws PlugboardError when the options name no package. */
export function readOptions({ id, options = {} }: ProviderDeclaration, known: PluginSettings): Options {
  const { package: source, export: factory, settings, namespace } = fillIn(options, known) as Json
  if (typeof source !== 'string' || typeof factory !== 'string')
    throw new PlugboardError(
      'AI_SDK_OPTIONS_INVALID',
      `The options of the provider "${id}" lack "package" or "export".`,
      { hint: 'Give both, for example "options": { "package": "@ai-sdk/groq", "export": "createGroq" }.' },
    )
  return {
    source,
    factory,
    settings: isObject(settings) ? settings : {},
    namespace: typeof namespace === 'string' ? namespace : undefined,
  }
}
