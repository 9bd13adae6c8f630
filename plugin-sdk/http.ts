import { createRequire } from 'node:module'
import type { Dispatcher, Pool } from 'undici'
import { ByteStream } from './byte-stream.ts'
import { PlugboardError, ProviderError, deepestCause } from './errors.ts'
import { neverStops } from './never-stops.ts'
import { Secret } from './secret.ts'
import { endOfTurn } from './turn.ts'

// The one part of undici that is used: the whole of it would take every start 40 ms and memory for good.
const PoolClass = createRequire(import.meta.url)('undici/lib/dispatcher/pool.js') as typeof Pool

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string | Secret | undefined>>
  readonly body?: string | Uint8Array
  readonly signal: AbortSignal
  /** Gets, before `request()` returns, the means to end the request for a reason of the caller's own. */
  readonly onStart?: ((end: () => void) => void) | undefined
  /** Milliseconds until the first byte of the answer. Default 300,000. */
  readonly timeoutMs?: number | undefined
  /** Milliseconds without a byte before the answer counts as dead. Default 300,000. */
  readonly idleTimeoutMs?: number | undefined
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
  const places = new Places(allowed)
  return {
    request: (request) => new Promise((resolve, reject) => new Exchange(request, resolve, reject).start(places)),
    [Symbol.asyncDispose]: () => places.destroy(),
  }
}

interface Place {
  readonly pool: Pool
  readonly path: string
}

/** Addresses that are remembered: those of models can be many. */
const MAX_PLACES = 1_000

/** Finds the connections to a URL's origin, whose host is checked once, and the path there. */
class Places {
  readonly #hosts: readonly string[]
  readonly #pools = new Map<string, Pool>()
  readonly #places = new Map<string, Place>()

  constructor(allowed: readonly string[]) {
    this.#hosts = allowed.map((host) => host.toLowerCase())
  }

  of(url: string): Place {
    const known = this.#places.get(url)
    if (known !== undefined) return known
    const slash = url.indexOf('/', url.indexOf('//') + 2)
    const place = {
      pool: this.#poolOf(slash === -1 ? url : url.slice(0, slash), url),
      path: slash === -1 ? '/' : url.slice(slash),
    }
    if (this.#places.size >= MAX_PLACES) this.#places.clear()
    this.#places.set(url, place)
    return place
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()))
  }

  #poolOf(head: string, url: string): Pool {
    const known = this.#pools.get(head)
    if (known !== undefined) return known
    const parsed = parse(url)
    if (!this.#hosts.some((rule) => hostAllowed(rule, parsed)))
      throw new PlugboardError('HOST_DENIED', `The plugin may not reach ${parsed.host}.`, {
        hint: `Add "${parsed.host}" to permissions.net in its plugboard.json.`,
        details: { host: parsed.host },
      })
    const pool = new PoolClass(parsed.origin, CONNECTIONS)
    this.#pools.set(head, pool)
    return pool
  }
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

/** One request under way. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: HttpRequest
  readonly #resolve: (response: HttpResponse) => void
  readonly #reject: (error: unknown) => void
  #body: ByteStream | undefined
  #live: Dispatcher.DispatchController | undefined
  #ended: ProviderError | undefined

  constructor(request: HttpRequest, resolve: (response: HttpResponse) => void, reject: (error: unknown) => void) {
    this.#request = request
    this.#resolve = resolve
    this.#reject = reject
  }

  start(places: Places): void {
    const { url, method, headers, body = null, signal, onStart, timeoutMs, idleTimeoutMs } = this.#request
    const { pool, path } = places.of(url)
    if (signal !== neverStops) {
      if (signal.aborted) return this.#reject(aborted(signal))
      signal.addEventListener('abort', this.#end, ONCE)
    }
    onStart?.(this.#end)
    pool.dispatch(
      {
        path,
        method,
        headers: flatten(headers),
        body,
        headersTimeout: timeoutMs ?? DEFAULT_TIMEOUT_MS,
        bodyTimeout: idleTimeoutMs ?? DEFAULT_TIMEOUT_MS,
      },
      this,
    )
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#live = controller
    if (this.#ended !== undefined) controller.abort(this.#ended)
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return
    const body = new ByteStream(controller)
    this.#body = body
    void endOfTurn().then(() => this.#resolve({ status, headers, body }))
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body?.push(chunk)
  }

  onResponseEnd(): void {
    this.#over()
    this.#body?.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#over()
    const reason = this.#ended ?? failure(error, this.#request.url)
    if (this.#body === undefined) this.#reject(reason)
    else this.#body.fail(reason)
  }

  readonly #end = (): void => {
    this.#ended ??= aborted(this.#request.signal)
    if (this.#live === undefined) this.#reject(this.#ended)
    else this.#live.abort(this.#ended)
  }

  #over(): void {
    const { signal } = this.#request
    if (signal !== neverStops) signal.removeEventListener('abort', this.#end)
  }
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
