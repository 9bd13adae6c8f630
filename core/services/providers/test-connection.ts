import {
  isPlugboardError,
  isProviderError,
  ProviderError,
  type Context,
  type ErrorClass,
  type GenerationOptions,
  type LlmError,
  type Model,
} from '@plugboard/sdk'
import { messageOf } from '../../kernel/errors.ts'
import { leaseOn, type ProviderContribution } from '../../kernel/registry.ts'
import { within } from '../../kernel/within.ts'
import type { Clock } from '../clock/clock.ts'
import type { ValidateOptions, Validation, ValidationAction } from './providers.ts'

const LIMIT_MS = 5_000

export interface TestParts {
  readonly clock: Clock
  /** The model to ask for the smallest answer. */
  readonly model: (contribution: ProviderContribution) => Promise<Model>
  /** Makes a request that is booked. What was wrong with it, if anything. */
  readonly ask: (
    model: Model,
    context: Context,
    options: GenerationOptions & { readonly signal: AbortSignal },
  ) => Promise<LlmError | undefined>
}

const HELLO: Context = { messages: [{ role: 'user', content: 'Hi' }] }
/** The least that every host allows. */
const SMALLEST: GenerationOptions = { maxTokens: 16 }

/** Whether a provider answers with its settings: its list of models where it has one, else the smallest request. */
export async function testConnection(
  contribution: ProviderContribution,
  parts: TestParts,
  options: ValidateOptions,
): Promise<Validation> {
  const { clock } = parts
  const at = clock.now()
  const begun = clock.monotonic()
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal])
  const { lease } = leaseOn(contribution, () => stop.abort())
  try {
    const models = await within(LIMIT_MS, tried(contribution, parts, options.allowCost === true, signal), late)
    return { ok: true, at, latencyMs: Math.round(clock.monotonic() - begun), models }
  } catch (error) {
    const latencyMs = Math.round(clock.monotonic() - begun)
    return { ok: false, at, latencyMs, ...told(llmError(error, contribution), contribution) }
  } finally {
    stop.abort()
    lease[Symbol.dispose]()
  }
}

const late = (): ProviderError => new ProviderError('timeout', `No answer came within ${LIMIT_MS / 1_000} s.`)

/** How many models were listed; undefined when a request was made in place of that. */
async function tried(
  contribution: ProviderContribution,
  parts: TestParts,
  allowCost: boolean,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { probe, declaration } = contribution
  if (probe !== undefined) {
    try {
      return (await probe(signal)).length
    } catch (error) {
      // Nobody said that this host lists its models; only a list that was promised can be missing.
      const isPromised = declaration.modelDiscovery !== undefined || declaration.keyCheck !== undefined
      if (isPromised || !isProviderError(error) || error.info.class !== 'not_found') throw error
    }
  }
  const model = await parts.model(contribution)
  if (model.price === 'free' || declaration.auth?.type === 'none') await answered(contribution, model, signal)
  else if (allowCost) await booked(parts, model, signal)
  else throw costly()
  return undefined
}

/** Nobody can bill it, so it is no call that the books must know. */
async function answered({ provider }: ProviderContribution, model: Model, signal: AbortSignal): Promise<void> {
  for await (const _event of provider.stream({ model, context: HELLO, options: SMALLEST, stream: true }, signal)) return
  throw new ProviderError('server', 'The answer was empty.')
}

async function booked({ ask }: TestParts, model: Model, signal: AbortSignal): Promise<void> {
  const error = await ask(model, HELLO, { ...SMALLEST, signal })
  if (error !== undefined) throw new ProviderError(error.class, error.message, error)
}

const COSTLY = 'validation_costs'

const costly = (): ProviderError =>
  new ProviderError(
    'unsupported',
    'It lists no models, so only a real request can tell; that may cost a fraction of a cent.',
    {
      providerCode: COSTLY,
      hint: 'Allow it: `allowCost`, or --allow-cost on the command line.',
    },
  )

function llmError(error: unknown, { id }: ProviderContribution): LlmError {
  if (isProviderError(error)) return { ...error.info, provider: id }
  const hint = isPlugboardError(error) && error.hint !== undefined ? { hint: error.hint } : {}
  const code = isPlugboardError(error) ? { providerCode: error.code } : {}
  return { class: 'plugin', message: messageOf(error), retryable: false, provider: id, ...code, ...hint }
}

type Told = Pick<Validation & { readonly ok: false }, 'error' | 'message' | 'action'>

/** The same in one sentence for the user, and what the user can do. */
function told(error: LlmError, { declaration, baseUrl = '', configured }: ProviderContribution): Told {
  const name = declaration.name ?? declaration.id
  if (error.providerCode === COSTLY)
    return { error, message: `${name} can only be tested with a real request.`, action: 'allow_cost' }
  if (error.providerCode === 'PROVIDER_DISABLED') return { error, message: error.message, action: 'enable' }
  if (!configured)
    return { error, message: error.message, action: error.class === 'auth' ? 'enter_key' : 'check_settings' }
  const [message, action] = SAYINGS[error.class]?.(name, baseUrl) ?? [
    `${name} does not answer as it should: ${error.message}`,
    'check_settings',
  ]
  return { error, message, action }
}

type Saying = (name: string, baseUrl: string) => readonly [message: string, action: ValidationAction]

const notNow: Saying = (name) => [`${name} cannot answer right now.`, 'retry']

const SAYINGS: Partial<Readonly<Record<ErrorClass, Saying>>> = {
  auth: (name) => [`${name} does not accept the API key.`, 'enter_key'],
  quota: (name) => [`${name} accepts the key, but the account has reached its limit.`, 'check_account'],
  rate_limit: notNow,
  overloaded: notNow,
  server: notNow,
  timeout: (name) => [`${name} did not answer in time.`, 'retry'],
  network: (name, baseUrl) =>
    isLocal(baseUrl)
      ? [`Nothing answers at ${baseUrl}; ${name} does not seem to run.`, 'start_server']
      : [`${name} cannot be reached at ${baseUrl}.`, 'retry'],
}

const isLocal = (url: string): boolean =>
  /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|host\.docker\.internal)$/.test(URL.parse(url)?.hostname ?? '')
