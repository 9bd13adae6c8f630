import type { PluginContext } from './plugin.ts'
import type { ProviderDeclaration } from './provider.ts'
import type { Secret } from './secret.ts'

/** A plugin's settings: those in the open, and its secrets. */
export type PluginSettings = Pick<PluginContext, 'config' | 'secret'>

const PLACEHOLDER = /\$\{config\.([A-Za-z0-9_]+)\}/g

/**
 * A copy of what a manifest says with each `${config.key}` replaced by that setting or secret. A text that lacks one is left
 * out, and a setting that is not a text stays what it is where nothing stands beside it.
 */
export function fillIn(value: unknown, { config, secret }: PluginSettings): unknown {
  const setting = (key: string): unknown => (config[key] === '' ? undefined : config[key]) ?? secret(key)?.reveal()
  const filled = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(filled)
    if (typeof part === 'object' && part !== null) {
      const entries = Object.entries(part).map(([key, inner]) => [key, filled(inner)] as const)
      return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined))
    }
    if (typeof part !== 'string') return part
    const keys = [...part.matchAll(PLACEHOLDER)].map(([, key = '']) => key)
    if (keys.some((key) => setting(key) === undefined)) return undefined
    if (keys[0] !== undefined && part === `\${config.${keys[0]}}`) return setting(keys[0])
    return part.replaceAll(PLACEHOLDER, (_whole, key: string) => String(setting(key)))
  }
  return filled(value)
}

/** Where a provider is reached and as whom. */
export interface DeclaredConnection {
  readonly apiKey: Secret | undefined
  /** Without a trailing slash. */
  readonly baseUrl: string | undefined
  readonly headers: Readonly<Record<string, string>> | undefined
}

/**
 * What a manifest declares about a provider's connection, with the settings filled in. A base URL without placeholders gives
 * way to the setting `baseUrl`.
 */
export function connectionOf({ baseUrl, headers }: ProviderDeclaration, known: PluginSettings): DeclaredConnection {
  const isTemplate = baseUrl?.includes('${') === true
  const url = fillIn(isTemplate ? baseUrl : (known.config['baseUrl'] ?? baseUrl), known)
  return {
    apiKey: known.secret('apiKey'),
    baseUrl: typeof url === 'string' ? url.replace(/\/+$/, '') : undefined,
    headers: fillIn(headers, known) as DeclaredConnection['headers'],
  }
}
