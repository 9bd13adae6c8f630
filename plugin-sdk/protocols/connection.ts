import type { ByteStream } from '../byte-stream.ts'
import { classifyFailure } from '../classify.ts'
import { ProviderError } from '../errors.ts'
import type { HttpRequest, HttpResponse } from '../http.ts'
import type { ProviderRequest } from '../provider.ts'
import { Secret, redact } from '../secret.ts'
import type { ProviderSetup } from './protocol.ts'
import { writeBody } from './write-body.ts'

type Headers = Readonly<Record<string, string>>

/** A host, with all that its requests have in common. */
export interface Connection extends ProviderSetup {
  readonly id: string
  /** What the host is called towards people. */
  readonly name: string
  /** The manifest's headers, with names in lower case. */
  readonly headers: Headers
  /**
   * Those of the manifest, over them the caller's own, and the key, which neither can replace. Throws the provider error
   * `auth` when a key is needed and there is none, neither set nor among the caller's headers; nothing is sent then.
   */
  headersFor(own?: Headers): Readonly<Record<string, string | Secret>>
  /** Sends a request and resolves with a good answer; throws the provider error that the host's refusal stands for. */
  post(asking: Asking, signal: AbortSignal): Promise<HttpResponse>
  /** As `post`, but whether the answer is a good one is left to the caller (`isGood`, `refusal`). */
  send(asking: Asking, signal: AbortSignal): Promise<HttpResponse>
  refusal(response: HttpResponse, model: string): Promise<ProviderError>
  failure(answer: Pick<Partial<HttpResponse>, 'status' | 'headers'>, body: string, model: string): ProviderError
  /** For an answer that is not what was asked for: a web page, cut JSON. */
  garbled(answer: Pick<Partial<HttpResponse>, 'status' | 'headers'>, text: string, model: string): ProviderError
  /** Masks the key in a text of the host. */
  redact(text: string): string
}

interface Asking {
  readonly request: ProviderRequest
  /** Relative to the base URL. */
  readonly path: string
  /** All but those that say what a body is. */
  readonly headers: Readonly<Record<string, string | Secret>>
  readonly body: Readonly<Record<string, unknown>>
  readonly onStart?: HttpRequest['onStart'] | undefined
}

const QUOTED_CHARS = 200
const BODY_CHARS = 4_000
const ERROR_BYTES = 256 * 1024
/** Paths that are remembered: those of models can be many. */
const MAX_URLS = 1_000

/** `keyHeader` is where the protocol wants the key unless the manifest says otherwise; `authorization` means as a bearer. */
export function connect(setup: ProviderSetup, keyHeader: string): Connection {
  const { declaration, baseUrl, http, apiKey } = setup
  const { id, name = id } = declaration
  const secrets = apiKey === undefined ? [] : [apiKey]
  const fixed = lowerCase(setup.headers)
  const key = keyOf(setup, keyHeader)
  const own = { ...fixed, ...key }
  const urls = new Map<string, string>()
  const urlOf = (path: string): string => {
    // The same text each time: the client that sends it remembers where it leads.
    const known = urls.get(path)
    if (known !== undefined) return known
    if (urls.size >= MAX_URLS) urls.clear()
    urls.set(path, baseUrl + path)
    return baseUrl + path
  }

  const failure: Connection['failure'] = (answer, body, model) =>
    classifyFailure({
      ...answer,
      body,
      provider: id,
      model,
      secrets,
      ...(declaration.errors === undefined ? {} : { rules: declaration.errors }),
    })

  return {
    ...setup,
    id,
    name,
    headers: fixed,
    headersFor(given) {
      if (given === undefined && !needsKey(setup)) return own
      const callers = lowerCase(given ?? {})
      if (needsKey(setup) && !(keyHeader in callers) && !('authorization' in callers)) throw keyMissing(setup, name)
      return { ...fixed, ...callers, ...key }
    },
    async post(asking, signal) {
      const response = await this.send(asking, signal)
      if (isGood(response)) return response
      throw await this.refusal(response, asking.request.model.id)
    },
    send: ({ request: { options, stream }, path, headers, body, onStart }, signal) =>
      http.request({
        method: 'POST',
        url: urlOf(path),
        headers: {
          ...headers,
          'content-type': 'application/json',
          accept: stream ? 'text/event-stream' : 'application/json',
        },
        body: writeBody(body),
        signal,
        onStart,
        timeoutMs: options.timeoutMs,
        idleTimeoutMs: options.idleTimeoutMs,
      }),
    refusal: async (response, model) => failure(response, await errorText(response.body), model),
    failure,
    garbled(answer, text, model) {
      const { requestId } = failure(answer, '', model).info
      const isPage = text.trimStart().startsWith('<')
      const told = redact(text, secrets)
      const what = isPage ? 'a web page' : 'an answer that cannot be read'
      return new ProviderError('server', `${name} sent ${what}: ${told.slice(0, QUOTED_CHARS)}`, {
        provider: id,
        model,
        body: told.slice(0, BODY_CHARS),
        retryable: !isPage,
        ...(answer.status === undefined ? {} : { status: answer.status }),
        ...(requestId === undefined ? {} : { requestId }),
        ...(isPage ? { hint: `Check the base URL (${baseUrl}): that of an API commonly ends in /v1.` } : {}),
      })
    },
    redact: (text) => redact(text, secrets),
  }
}

export const isGood = ({ status }: HttpResponse): boolean => status < 300

const needsKey = ({ declaration: { auth }, apiKey }: ProviderSetup): boolean =>
  apiKey === undefined && (auth === undefined || (auth.type !== 'none' && auth.optional !== true))

function keyOf({ declaration: { auth }, apiKey }: ProviderSetup, keyHeader: string): Record<string, Secret> {
  if (apiKey === undefined || auth?.type === 'none') return {}
  const header = auth === undefined ? keyHeader : auth.type === 'header' ? auth.header.toLowerCase() : 'authorization'
  const isBearer = auth === undefined ? keyHeader === 'authorization' : auth.type === 'bearer'
  return { [header]: isBearer ? new Secret(`Bearer ${apiKey.reveal()}`) : apiKey }
}

function keyMissing({ declaration: { id, auth } }: ProviderSetup, name: string): ProviderError {
  const env = auth === undefined || auth.type === 'none' ? undefined : auth.env
  return new ProviderError('auth', `No API key is set for ${name}.`, {
    provider: id,
    providerCode: 'key_missing',
    hint: env === undefined ? `Set the API key of "${id}".` : `Set the API key of "${id}", or the variable ${env}.`,
  })
}

const lowerCase = (headers: Headers): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([header, value]) => [header.toLowerCase(), value]))

/** What cannot be read of an error's body is left out: its status still tells something. */
async function errorText(body: ByteStream): Promise<string> {
  try {
    return await body.text(ERROR_BYTES)
  } catch {
    return ''
  }
}
