import type { OpaqueContent, ProviderMetadata } from '../../messages.ts'
import { isObject, type JsonObject } from './json.ts'
import { OPENAI_CHAT } from './name.ts'

const NOTHING: JsonObject = {}

/** The fields of a message, part or tool that only this protocol knows. */
export function ownFields(of: { readonly providerMetadata?: ProviderMetadata }): JsonObject {
  const own = of.providerMetadata?.[OPENAI_CHAT]
  return isObject(own) ? own : NOTHING
}

/** What was written of a message, part or tool, with the fields that only this protocol knows. */
export const withOwnFields = (written: JsonObject, of: { readonly providerMetadata?: ProviderMetadata }): JsonObject =>
  of.providerMetadata === undefined ? written : { ...written, ...ownFields(of) }

export const hasOwnFields = (of: { readonly providerMetadata?: ProviderMetadata }): boolean =>
  Object.keys(ownFields(of)).length > 0

/** Opaque content of this protocol is a part of a message or, without a type, fields that stand beside the parts. */
export const messageFields = ({ protocol, value }: OpaqueContent): JsonObject =>
  protocol === OPENAI_CHAT && value['type'] === undefined ? value : NOTHING

/** Where the fields go that have no unified name. */
export const keepFields = (fields: JsonObject | undefined): { providerMetadata?: ProviderMetadata } =>
  fields === undefined ? {} : { providerMetadata: { [OPENAI_CHAT]: fields } }
