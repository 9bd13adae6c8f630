import { ProviderError, neverStops, type Model } from '@plugboard/sdk'
import type { Registry } from '../kernel/registry.ts'
import type { Clock } from '../services/clock/clock.ts'
import type { CallRequest, LiveCall } from './call.ts'
import { committed } from './committed.ts'
import type { Next } from './compose.ts'
import { providerRequest } from './provider-request.ts'

const DEFAULT_LIMIT_MS = 300_000

/**
 * The end of the chain: one try with one provider. The lease on the plugin's version is taken here and given back when
 * the call is settled, so that a replaced version lives exactly as long as the calls that run on it.
 */
export const attempt =
  (registry: Registry, clock: Clock): Next =>
  async (call) => {
    const model = call.facts.target
    if (model === undefined) throw new ProviderError('plugin', 'The call reached its provider without a model.')
    refuseForeignFields(call.request, model)
    const { contribution, lease } = registry.lease(model.provider, () =>
      (call as LiveCall).stop(replaced(model.provider)),
    )
    call.facts.generation = lease.generation
    call.settled(() => lease[Symbol.dispose]())
    const { options } = call.request
    const { provider } = contribution
    const signal = provider.stopsOnReturn === true ? neverStops : call.signal
    const batches = await committed(provider.stream(providerRequest(call), signal), call, {
      firstMs: options.timeoutMs ?? DEFAULT_LIMIT_MS,
      idleMs: options.idleTimeoutMs ?? DEFAULT_LIMIT_MS,
    })
    call.facts.ttfbMs = clock.monotonic() - call.startedAt
    return { provider: model.provider, model: model.id, batches }
  }

/** Fields that only their own protocol understands, and without which the request means something else. */
function refuseForeignFields({ wire }: CallRequest, { api, provider, id }: Model): void {
  const [field] = wire?.required ?? []
  if (wire === undefined || field === undefined || wire.protocol === api) return
  throw new ProviderError(
    'invalid_request',
    `"${field}" cannot be honoured by ${provider}:${id}, which speaks ${api}.`,
    {
      provider,
      model: id,
      hint: `Leave it out, or call a model that speaks ${wire.protocol}.`,
    },
  )
}

const replaced = (provider: string): ProviderError =>
  new ProviderError(
    'server',
    `The plugin of "${provider}" was replaced and this answer took longer than its drain time.`,
    {
      providerCode: 'plugin_replaced',
      hint: 'Ask again; the new version answers.',
    },
  )
