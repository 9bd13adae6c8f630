import { classifyFailure } from '../../classify.ts'
import { ProviderError } from '../../errors.ts'
import type { Http, HttpResponse } from '../../http.ts'
import { Secret, redact } from '../../secret.ts'
import type { ProviderSetup } from '../protocol.ts'

/** A host, with all that its requests have in common. */
export interface Connection {
  readonly id: string
  readonly name: string
  readonly baseUrl: string
  readonly http: Http
  /** Throws the provider error `auth` when a key is needed and none is set; nothing is sent then. */
  headers(extra?: Readonly<Record<string, string>>): Readonly<Record<string, string | Secret>>
  failure(response: Pick<HttpResponse, 'status' | 'headers'>, body: string, model: string): ProviderError
  /** For an answer that is not what was asked for: a web page, cut JSON. */
  garbled(response: Pick<HttpResponse, 'status' | 'headers'>, text: string, model: string): ProviderError
}

const QUOTED_CHARS = 200

export function connect(setup: ProviderSetup): Connection {
  const { declaration, baseUrl, http, apiKey } = setup
  const secrets = apiKey === undefined ? [] : [apiKey]
  const common = { ...lowerCase(setup.headers), ...authHeader(setup) }
  const name = declaration.name ?? declaration.id

  const failure: Connection['failure'] = ({ status, headers }, body, model) =>
    classifyFailure({
      status,
      headers,
      body,
      provider: declaration.id,
      model,
      secrets,
      ...(declaration.errors === undefined ? {} : { rules: declaration.errors }),
    })

  return {
    id: declaration.id,
    name,
    baseUrl,
    http,
    headers(extra) {
      if (needsKey(setup) && apiKey === undefined) throw keyMissing(setup, name)
      return extra === undefined ? common : { ...lowerCase(extra), ...common }
    },
    failure,
    garbled(response, text, model) {
      const { requestId } = failure(response, '', model).info
      const isPage = text.trimStart().startsWith('<')
      const quoted = redact(text, secrets).slice(0, QUOTED_CHARS)
      return new ProviderError(
        'server',
        `${name} sent ${isPage ? 'a web page' : 'an answer that cannot be read'}: ${quoted}`,
        {
          provider: declaration.id,
          model,
          status: response.status,
          body: redact(text, secrets).slice(0, 4_000),
          retryable: !isPage,
          ...(requestId === undefined ? {} : { requestId }),
          ...(isPage ? { hint: `Check the base URL (${baseUrl}): that of an API commonly ends in /v1.` } : {}),
        },
      )
    },
  }
}

function needsKey({ declaration: { auth } }: ProviderSetup): boolean {
  return auth === undefined || (auth.type !== 'none' && auth.optional !== true)
}

function authHeader({ declaration: { auth }, apiKey }: ProviderSetup): Record<string, Secret> {
  if (apiKey === undefined || auth?.type === 'none') return {}
  if (auth?.type === 'header') return { [auth.header.toLowerCase()]: apiKey }
  return { authorization: new Secret(`Bearer ${apiKey.reveal()}`) }
}

function keyMissing({ declaration: { id, auth } }: ProviderSetup, name: string): ProviderError {
  const env = auth === undefined || auth.type === 'none' ? undefined : auth.env
  return new ProviderError('auth', `No API key is set for ${name}.`, {
    provider: id,
    providerCode: 'key_missing',
    hint: env === undefined ? `Set the API key of "${id}".` : `Set the API key of "${id}", or the variable ${env}.`,
  })
}

const lowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([header, value]) => [header.toLowerCase(), value]))
