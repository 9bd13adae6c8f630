import { ProviderError } from '../errors.ts'
import type { ProviderRequest } from '../provider.ts'
import type { Report } from '../hand-off/index.ts'

/**
 * The fields of a client of this protocol that have no unified name. Those of another protocol are named in a warning, and
 * refuse the request when it means something else without them.
 */
export function fieldsOfClient(
  { wire, model }: Pick<ProviderRequest, 'wire' | 'model'>,
  protocol: string,
  { warn }: Pick<Report, 'warn'>,
): Readonly<Record<string, unknown>> {
  if (wire === undefined) return {}
  if (wire.protocol === protocol) return wire.fields
  const [needed] = wire.required ?? []
  if (needed !== undefined)
    throw new ProviderError('invalid_request', `"${needed}" works only with providers of ${wire.protocol}.`, {
      provider: model.provider,
      model: model.id,
      hint: `Leave out "${needed}", or choose a model of a provider that speaks ${wire.protocol}.`,
    })
  for (const feature of Object.keys(wire.fields))
    warn({ type: 'unsupported', feature, message: `"${feature}" is known only to ${wire.protocol} and was left out.` })
  return {}
}
