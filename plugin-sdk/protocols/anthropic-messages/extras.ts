import type { ProviderMetadata } from '../../messages.ts'
import { isEmpty, isObject, type JsonObject } from './json.ts'
import { ANTHROPIC } from './name.ts'

/** Fields of a block that have no unified name, as a client of this protocol sent them: `cache_control`, `citations`, ... */
export function extrasOf(metadata: ProviderMetadata | undefined): JsonObject {
  const extras = metadata?.[ANTHROPIC]
  return isObject(extras) ? extras : {}
}

export const keepExtras = (extras: JsonObject): { readonly providerMetadata?: ProviderMetadata } =>
  isEmpty(extras) ? {} : { providerMetadata: { [ANTHROPIC]: extras } }
