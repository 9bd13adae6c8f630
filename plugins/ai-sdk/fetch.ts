import type { GenerationOptions, Http, HttpRequest } from '@plugboard/sdk'

export type Limits = Pick<GenerationOptions, 'timeoutMs' | 'idleTimeoutMs' | 'maxTokens'>

const WITHOUT_BODY: readonly number[] = [204, 205, 304]

/** A `fetch` over the plugin's own client: only the declared hosts, no redirects, the limits of the call at hand. */
export const fetchOver =
  (http: Http, limits: () => Limits | undefined): typeof fetch =>
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
