import type { PluginContext } from '@plugboard/sdk'

/** Where values come from. */
export type Known = Pick<PluginContext, 'config' | 'secret'>

const PLACEHOLDER = /\$\{config\.([A-Za-z0-9_]+)\}/g

/** A copy with each `${config.key}` replaced by that setting or secret. A text that lacks one is left out. */
export function fillIn(value: unknown, { config, secret }: Known): unknown {
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
    // A setting that is not a text stays what it is where nothing stands beside it.
    if (keys[0] !== undefined && part === `\${config.${keys[0]}}`) return setting(keys[0])
    return part.replaceAll(PLACEHOLDER, (_whole, key: string) => String(setting(key)))
  }
  return filled(value)
}
