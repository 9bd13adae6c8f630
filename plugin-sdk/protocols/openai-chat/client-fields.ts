import { ProviderError } from '../../errors.ts'
import type { ProviderRequest } from '../../provider.ts'
import type { OpenAIChatCompat } from './compat.ts'
import type { JsonObject } from './json.ts'
import { OPENAI_CHAT } from './name.ts'
import { refused, unsupported, type Warn } from './warnings.ts'

/** The fields of a client of this protocol that have no unified name. Those of another protocol are named in a warning. */
export function clientFields(
  { wire, model }: ProviderRequest,
  { unsupportedOptions }: OpenAIChatCompat,
  warn: Warn,
): JsonObject {
  if (wire === undefined) return {}
  if (wire.protocol === OPENAI_CHAT) {
    const out = unsupportedOptions.filter((name) => Object.hasOwn(wire.fields, name))
    for (const name of out) warn(refused(name))
    if (out.length === 0) return wire.fields
    return Object.fromEntries(Object.entries(wire.fields).filter(([name]) => !out.includes(name)))
  }
  const [needed] = wire.required ?? []
  if (needed !== undefined)
    throw new ProviderError('invalid_request', `"${needed}" works only with providers of ${wire.protocol}.`, {
      provider: model.provider,
      model: model.id,
      hint: `Leave out "${needed}", or choose a model of a provider that speaks ${wire.protocol}.`,
    })
  for (const name of Object.keys(wire.fields))
    warn(unsupported(name, `"${name}" is known only to ${wire.protocol} and was left out.`))
  return {}
}
