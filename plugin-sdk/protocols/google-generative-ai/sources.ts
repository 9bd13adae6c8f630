import type { OpaqueContent } from '../../messages.ts'
import { isObject, type JsonObject } from './json.ts'
import { GOOGLE } from './name.ts'

/**
 * What a candidate says of where its answer comes from. It stands beside the parts, and is never sent back; among our
 * content it is an opaque block of its own.
 */
const NAMES = ['groundingMetadata', 'citationMetadata', 'urlContextMetadata']

/** A stream may tell them in pieces; of each field the last value counts. */
export function addSources(known: JsonObject, candidate: JsonObject): JsonObject {
  let sources = known
  for (const name of NAMES) {
    const told = candidate[name]
    const before = sources[name]
    if (isObject(told)) sources = { ...sources, [name]: { ...(isObject(before) ? before : {}), ...told } }
  }
  return sources
}

export const isSources = ({ protocol, value }: OpaqueContent): boolean =>
  protocol === GOOGLE && Object.keys(value).every((name) => NAMES.includes(name))
