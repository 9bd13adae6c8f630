import { createRequire } from 'node:module'
import type { Dispatcher, Pool } from 'undici'
import { ByteStream } from './byte-stream.ts'
import { PlugboardError, ProviderError, deepestCause } from './errors.ts'
import { Secret } from './secret.ts'

// The one part of undici that is used: the whole of it would take every start 40 ms and memory for good.
const PoolClass = createRequire(import.meta.url)('undici/lib/dispatcher/pool.js') as typeof Pool

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string | Secret | undefined>>
  readonly body?: string | Uint8Array
  readonly signal: AbortSignal
  /** Gets, before `request()` returns, the means to end the request for a reason of the caller's own. */
  readonly onStart?: (end: () => void) => void
  /** Milliseconds until the first byte of the answer. Default 300,000. */
  readonly timeoutMs?: number
  /** Milliseconds without a byte before the answer counts as dead. Default 300,000. */
  readonly idleTimeoutMs?: number
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Read it to the end, or `return()` its iterator: either frees the connection. */
  readonly body: ByteStream
}

export interface Http extends AsyncDisposable {
  /** Resolves when the answer's headers are here, whatever its status; rejects with a ProviderError when there is none. */
  request(request: HttpRequest): Promise<HttpResponse>
}

const DEFAULT_TIMEOUT_MS = 300_000
const CONNECT_TIMEOUT_MS = 10_000
/** A provider's keep-alive is commonly 60 s or more; below that a reused socket is safe. */
const KEEP_ALIVE_MS = 30_000

/**
 * An HTTP client that reaches only `allowed` hosts (`host`, `host:port`, `*.domain`). It follows no redirects, because a
 * redirect could carry a key to a host nobody allowed.
 */
export function createHttp(allowed: readonly string[]): Http {
  const pools = new Map<string, Pool>()
  const hosts = allowed.map((host) => host.toLowerCase())

  return {
    request: (request) => dispatch((url) => locate(url, hosts, pools), request),
    async [Symbol.asyncDispose]() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
    },
  }
}

/** The connections to a URL's origin, whose host is checked once, and the path there. */
function locate(url: string, hosts: readonly string[], pools: Map<string, Pool>): { pool: Pool; path: string } {
  const slash = url.indexOf('/', url.indexOf('//') + 2)
  const head = slash === -1 ? url : url.slice(0, slash)
  let pool = pools.get(head)
  if (pool === undefined) {
    const parsed = parse(url)
    if (!hosts.some((rule) => hostAllowed(rule, parsed)))
      throw new PlugboardError('HOST_DENIED', `The plugin may not reach ${parsed.host}.`, {
        hint: `Add "${parsed.host}" to permissions.net in its plugboard.json.`,
        details: { host: parsed.host },
      })
    pool = new PoolClass(parsed.origin, CONNECTIONS)
    pools.set(head, pool)
  }
  return { pool, path: slash === -1 ? '/' : url.slice(slash) }
}

const CONNECTIONS: Pool.Options = {
  connect: { timeout: CONNECT_TIMEOUT_MS },
  keepAliveTimeout: KEEP_ALIVE_MS,
  connections: null,
  pipelining: 1,
}

function parse(url: string): URL {
  const parsed = URL.parse(url)
  if (
    parsed === null ||
    (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') ||
    parsed.username !== '' ||
    parsed.password !== ''
  )
    throw new PlugboardError('URL_INVALID', `"${url}" is not an http(s) URL without user and password.`, {
      hint: 'Correct the base URL of the provider.',
    })
  return parsed
}

function hostAllowed(rule: string, url: URL): boolean {
  if (rule.startsWith('*.')) return url.hostname.endsWith(rule.slice(1)) && url.hostname.length > rule.length - 1
  return rule === url.hostname || rule === url.host
}

function dispatch(
  place: (url: string) => { readonly pool: Pool; readonly path: string },
  request: HttpRequest,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { pool, path } = place(request.url)
    if (request.signal.aborted) return reject(aborted(request.signal))
    let body: ByteStream | undefined
    let live: Dispatcher.DispatchController | undefined
    let ended: ProviderError | undefined
    const end = (): void => {
      ended ??= aborted(request.signal)
      if (live === undefined) reject(ended)
      else live.abort(ended)
    }
    const over = (): void => request.signal.removeEventListener('abort', end)
    request.signal.addEventListener('abort', end, ONCE)
    request.onStart?.(end)

    const options: Dispatcher.DispatchOptions = {
      path,
      method: request.method,
      headers: flatten(request.headers),
      body: request.body ?? null,
      headersTimeout: request.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      bodyTimeout: request.idleTimeoutMs ?? DEFAULT_TIMEOUT_MS,
    }
    pool.dispatch(options, {
      onRequestStart(controller) {
        live = controller
        if (ended !== undefined) controller.abort(ended)
      },
      onResponseStart(controller, status, headers) {
        if (status < 200) return
        body = new ByteStream(controller)
        resolve({ status, headers, body })
      },
      onResponseData(_controller, chunk) {
        body?.push(chunk)
      },
      onResponseEnd() {
        over()
        body?.end()
      },
      onResponseError(_controller, error) {
        over()
        const reason = ended ?? failure(error, request.url)
        if (body === undefined) reject(reason)
        else body.fail(reason)
      },
    })
  })
}

const ONCE = { once: true }

function flatten(headers: HttpRequest['headers']): string[] {
  const flat: string[] = []
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) flat.push(name, value instanceof Secret ? value.reveal() : value)
  }
  return flat
}

const aborted = (signal: AbortSignal): ProviderError =>
  new ProviderError('aborted', 'The request was aborted.', { cause: signal.reason })

const TIMEOUTS = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT'])

function failure(error: Error, url: string): ProviderError {
  // Without path and query, which may hold a key.
  const { origin } = parse(url)
  const root = deepestCause(error) as { code?: string; message?: string }
  const code = root.code ?? (error as { code?: string }).code ?? 'unknown'
  if (TIMEOUTS.has(code))
    return new ProviderError('timeout', `${origin} did not answer in time (${code}).`, {
      providerCode: code,
      cause: error,
    })
  return new ProviderError('network', `The connection to ${origin} failed: ${root.message || code}.`, {
    providerCode: code,
    cause: error,
    hint: 'Check that the address is right and that the server is running.',
  })
}
