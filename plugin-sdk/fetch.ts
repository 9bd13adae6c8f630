import type { Http, HttpRequest } from './http.ts'
import type { GenerationOptions } from './options.ts'

/** In milliseconds, as a caller may give them for one call. */
export type FetchLimits = Pick<GenerationOptions, 'timeoutMs' | 'idleTimeoutMs'>

const WITHOUT_BODY: readonly number[] = [204, 205, 304]

/**
 * A `fetch` for client libraries, over the plugin's own HTTP client: it reaches the declared hosts only and follows no
 * redirects. `limits` is asked with every request, and tells those of the call at hand.
 */
export const fetchOver =
  (http: Http, limits: () => FetchLimits | undefined = () => undefined): typeof fetch =>
  async (input, init) => {
    const request = new Request(input, init)
    const sent = new Uint8Array(await request.arrayBuffer())
    const { timeoutMs, idleTimeoutMs } = limits() ?? {}
    const { status, headers, body } = await http.request({
      method: request.method as HttpRequest['method'],
      url: request.url,
      headers: Object.fromEntries(request.headers),
      signal: request.signal,
      ...(sent.length === 0 ? {} : { body: sent }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    })
    if (WITHOUT_BODY.includes(status)) await body.return()
    return new Response(WITHOUT_BODY.includes(status) ? null : ReadableStream.from(body), {
      status,
      headers: Object.entries(headers).flatMap(([name, value]): [string, string][] =>
        [value ?? []].flat().map((one) => [name, one]),
      ),
    })
  }
