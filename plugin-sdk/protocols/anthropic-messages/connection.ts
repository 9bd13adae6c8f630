import { classifyFailure } from '../../classify.ts'
import { ProviderError } from '../../errors.ts'
import type { HttpResponse } from '../../http.ts'
import { Secret, redact } from '../../secret.ts'
import type { ProviderSetup } from '../protocol.ts'
import type { AnthropicCompat } from './compat.ts'

export interface Connection extends ProviderSetup {
  /**
   * The headers of one request; `own` are the caller's. Throws the provider error `auth` when a key is needed and there is
   * none: nothing is sent then.
   */
  headersFor(compat: AnthropicCompat, own?: Readonly<Record<string, string>>): Record<string, string | Secret>
  failure(answer: Pick<Partial<HttpResponse>, 'status' | 'headers'>, body: string, model: string): ProviderError
  /** For an answer that is none of this protocol: a web page, cut JSON. */
  unreadable(text: string, model: string): ProviderError
}

const QUOTED_CHARS = 200

export function connect(setup: ProviderSetup): Connection {
  const { declaration, apiKey, baseUrl } = setup
  const provider = declaration.id
  const secrets = apiKey === undefined ? [] : [apiKey]
  const auth = authHeaders(setup)
  const fixed = lowerCase(setup.headers)
  return {
    ...setup,
    headersFor: (compat, own = {}) => {
      const caller = lowerCase(own)
      if (needsKey(setup) && !('x-api-key' in caller) && !('authorization' in caller)) throw keyMissing(setup)
      const betas = [...compat.betas, ...listed(fixed['anthropic-beta']), ...listed(caller['anthropic-beta'])]
      return {
        'anthropic-version': compat.version,
        ...fixed,
        ...caller,
        ...(betas.length === 0 ? {} : { 'anthropic-beta': [...new Set(betas)].join(',') }),
        ...auth,
      }
    },
    failure: (answer, body, model) =>
      classifyFailure({
        ...answer,
        body,
        provider,
        model,
        secrets,
        ...(declaration.errors === undefined ? {} : { rules: declaration.errors }),
      }),
    unreadable: (text, model) => {
      const isPage = text.trimStart().startsWith('<')
      const what = isPage ? 'a web page' : 'something that is not an answer of this protocol'
      const quoted = redact(text, secrets).slice(0, QUOTED_CHARS)
      return new ProviderError('server', `${provider} sent ${what}: ${quoted}`, {
        provider,
        model,
        retryable: !isPage,
        ...(isPage ? { hint: `Check the base URL (${baseUrl}): that of an API commonly ends in /v1.` } : {}),
      })
    },
  }
}

const needsKey = ({ declaration: { auth }, apiKey }: ProviderSetup): boolean =>
  apiKey === undefined && (auth === undefined || (auth.type !== 'none' && auth.optional !== true))

function keyMissing({ declaration: { id, name, auth } }: ProviderSetup): ProviderError {
  const env = auth === undefined || auth.type === 'none' ? undefined : auth.env
  return new ProviderError('auth', `No API key is set for ${name ?? id}.`, {
    provider: id,
    providerCode: 'key_missing',
    hint: env === undefined ? `Set the API key of "${id}".` : `Set the API key of "${id}", or the variable ${env}.`,
  })
}

function authHeaders({ declaration, apiKey }: ProviderSetup): Record<string, Secret> {
  const auth = declaration.auth ?? { type: 'header', header: 'x-api-key' }
  if (apiKey === undefined || auth.type === 'none') return {}
  if (auth.type === 'header') return { [auth.header.toLowerCase()]: apiKey }
  return { authorization: new Secret(`Bearer ${apiKey.reveal()}`) }
}

const listed = (value: string | undefined): string[] =>
  (value ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')

const lowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
