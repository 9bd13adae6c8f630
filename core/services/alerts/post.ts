import { request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { Target } from './target.ts'

// Not imported, because a module gets all that node:http exports, and one of it is a second HTTP client: 30 ms at every start.
const { request: httpRequest } = process.getBuiltinModule('node:http')

export interface Posted {
  readonly status: number
  /** As it was sent. */
  readonly retryAfter: string | undefined
}

/**
 * Sends one body to an endpoint. Resolves when its status is known: what it says besides is neither read nor kept, and no
 * redirect is followed. Each attempt has a connection of its own, to one of the target's addresses and no other.
 */
export function post(
  { url, addresses }: Target,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<Posted> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const lookup: LookupFunction = (_hostname, { all }, done) => {
    const [first] = addresses
    if (all === true) done(null, [...addresses])
    else if (first !== undefined) done(null, first.address, first.family)
    else done(Object.assign(new Error('the host has no address'), { code: 'ENOTFOUND' }), '')
  }
  return new Promise((resolve, reject) => {
    const sent = send(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      agent: false,
      lookup,
      signal,
    })
    sent.once('response', (response) => {
      resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] })
      response.destroy()
    })
    sent.once('error', reject)
    sent.end(body)
  })
}
