import { ProviderError } from '../../errors.ts'
import type { WireFields } from '../../options.ts'
import { isObject, type JsonObject } from './json.ts'
import { ANTHROPIC } from './name.ts'
import type { Target } from './target.ts'

/** What a client of this protocol said, in its own words. The fields of another protocol are named in a warning. */
export function clientFields(wire: WireFields | undefined, { model, warn }: Target): JsonObject {
  if (wire === undefined) return {}
  if (wire.protocol === ANTHROPIC) return { ...wire.fields, ...wire.exact }
  const [needed] = wire.required ?? []
  if (needed !== undefined)
    throw new ProviderError('invalid_request', `"${needed}" works only with providers of ${wire.protocol}.`, {
      provider: model.provider,
      model: model.id,
      hint: `Leave out "${needed}", or choose a model of a provider that speaks ${wire.protocol}.`,
    })
  for (const field of Object.keys(wire.fields))
    warn({
      type: 'unsupported',
      feature: field,
      message: `"${field}" is known only to ${wire.protocol} and was left out.`,
    })
  return {}
}

/** Adds the client's fields as they came. */
export function withClientFields(body: JsonObject, client: JsonObject): JsonObject {
  // These two are already in: they had to be matched with the conversation.
  const { system: _system, tools: _tools, ...fields } = client
  return { ...body, ...fields, ...joined(body, fields, 'metadata'), ...joined(body, fields, 'output_config') }
}

/** Two objects of which each may say a part. */
export function joined(below: JsonObject, above: JsonObject, name: string): JsonObject {
  const [first, second] = [below[name], above[name]]
  return isObject(first) && isObject(second) ? { [name]: { ...first, ...second } } : {}
}
