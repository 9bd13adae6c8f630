// The one file that knows ipaddr.js.
import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { PlugboardError } from '@plugboard/sdk'

/** An endpoint and the addresses that may be connected to, so that a second answer of the DNS cannot slip by. */
export interface Target {
  readonly url: URL
  readonly addresses: readonly LookupAddress[]
}

const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')
/** Azure's own host for its machines. It lies among the public ones. */
const AZURE_WIRE_SERVER = '168.63.129.16'

/** The URL as it will be called. Throws PlugboardError `WEBHOOK_INVALID` or `WEBHOOK_TARGET_REFUSED`; asks no DNS. */
export function checkedUrl(text: string, allowPrivate: boolean): URL {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw invalid('it is no http(s) URL')
  if (url.username !== '' || url.password !== '') throw invalid('it holds a user or password')
  if (allowPrivate) return url
  if (url.protocol !== 'https:') throw refused('it is not https')
  const literal = literalOf(url)
  if (literal !== undefined && !isPublic(literal)) throw refused(`the address ${literal} is not public`)
  return url
}

/** Looks the host up and checks every address it has. Rejects as `checkedUrl` throws, or with the error of the DNS. */
export async function targetOf(text: string, allowPrivate: boolean): Promise<Target> {
  const url = checkedUrl(text, allowPrivate)
  const literal = literalOf(url)
  const addresses =
    literal === undefined ? await lookup(url.hostname, { all: true }) : [{ address: literal, family: isIP(literal) }]
  const inside = allowPrivate ? undefined : addresses.find(({ address }) => !isPublic(address))
  if (inside !== undefined) throw refused(`its address ${inside.address} is not public`)
  return { url, addresses }
}

/** Whether an address is one of the public internet: nothing of this machine, network, cloud host or of no use at all. */
export function isPublic(text: string): boolean {
  // The parser also takes shorthand such as 127.1.
  if (isIP(text) === 0) return false
  const address = ipaddr.process(text)
  if (address.range() !== 'unicast') return false
  return address.kind() === 'ipv6' ? address.match(GLOBAL_UNICAST) : address.toString() !== AZURE_WIRE_SERVER
}

function literalOf({ hostname }: URL): string | undefined {
  const host = hostname.replace(/^\[|\]$/g, '')
  return isIP(host) === 0 ? undefined : host
}

const invalid = (why: string): PlugboardError =>
  new PlugboardError('WEBHOOK_INVALID', `The webhook's URL cannot be used: ${why}.`, {
    hint: 'Give an https URL, for example https://example.com/hooks/plugboard.',
  })

const refused = (why: string): PlugboardError =>
  new PlugboardError('WEBHOOK_TARGET_REFUSED', `The webhook's URL is refused: ${why}.`, {
    hint: 'Use an https URL in the public internet, or allow private targets for this endpoint (--allow-private).',
  })
