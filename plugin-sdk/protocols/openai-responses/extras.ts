import type { ProviderMetadata } from '../../messages.ts'
import { isEmpty, isObject, type JsonObject } from './json.ts'
import { OPENAI_RESPONSES } from './name.ts'

/** Fields of an item or a part that have no unified name, as they came: `namespace`, `annotations`, `defer_loading`, ... */
export function extrasOf(metadata: ProviderMetadata | undefined): JsonObject {
  const extras = metadata?.[OPENAI_RESPONSES]
  return isObject(extras) ? extras : {}
}

export const keepExtras = (extras: JsonObject): { readonly providerMetadata?: ProviderMetadata } =>
  isEmpty(extras) ? {} : { providerMetadata: { [OPENAI_RESPONSES]: extras } }
