import { PlugboardError } from '../errors.ts'
import { createHttp, type Http } from '../http.ts'
import type { PluginManifest } from './subject.ts'

/** Hosts a manifest lets its plugin reach, but for those that its settings name. */
export function declaredHosts({ contributes, permissions }: PluginManifest): readonly string[] {
  const own = contributes.providers?.map(({ baseUrl }) => URL.parse(baseUrl ?? '')?.host) ?? []
  const named = permissions?.net?.filter((rule) => !rule.startsWith('config:')) ?? []
  return [...own.filter((host) => host !== undefined), ...named].map((host) => host.toLowerCase())
}

/** A real HTTP client for which every declared host is the one at `origin`. Others are refused, and told to `onDenied`. */
export function redirectedHttp(origin: string, declared: readonly string[], onDenied: (host: string) => void): Http {
  const { host: ours } = new URL(origin)
  const http = createHttp([ours])
  return {
    async request(request) {
      const url = URL.parse(request.url)
      if (url === null || url.host === ours) return http.request(request)
      if (!declared.some((rule) => allows(rule, url))) {
        onDenied(url.host)
        throw new PlugboardError('HOST_DENIED', `The plugin may not reach ${url.host}.`, {
          hint: `Add "${url.host}" to permissions.net in its plugboard.json.`,
        })
      }
      return http.request({ ...request, url: `${origin}${url.pathname}${url.search}` })
    },
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  }
}

const allows = (rule: string, { hostname, host }: URL): boolean =>
  rule.startsWith('*.') ? hostname.endsWith(rule.slice(1)) : rule === hostname || rule === host
