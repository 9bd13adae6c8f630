import { Secret } from '../secret.ts'
import type { Plugin } from './subject.ts'

interface Property {
  readonly type?: string | readonly string[]
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly format?: string
  readonly minimum?: number
  readonly writeOnly?: boolean
}

export interface MadeUpSettings {
  readonly config: Readonly<Record<string, unknown>>
  readonly secrets: ReadonlyMap<string, Secret>
}

export interface SettingsSource {
  /** What the caller of the kit knows better. */
  readonly given: Readonly<Record<string, unknown>>
  /** Every secret setting gets this value. */
  readonly key: string
  /** Where addresses point, for example `http://127.0.0.1:4711`. */
  readonly origin: string
}

/** Settings with which a plugin can be set up though nobody has set any: defaults, samples, and our own address. */
export function makeUpSettings({ configSchema, manifest }: Plugin, source: SettingsSource): MadeUpSettings {
  const properties = (configSchema?.['properties'] ?? {}) as Readonly<Record<string, Property>>
  const required = (configSchema?.['required'] ?? []) as readonly string[]
  const config: Record<string, unknown> = {}
  const secrets = new Map<string, Secret>()
  for (const [name, property] of Object.entries(properties)) {
    const value = source.given[name] ?? valueOf(property, required.includes(name), source.origin)
    if (property.writeOnly === true) secrets.set(name, new Secret(source.key))
    else if (value !== undefined) config[name] = value
  }
  const needsKey = manifest.contributes.providers?.some(({ auth }) => auth !== undefined && auth.type !== 'none')
  if (configSchema === undefined || needsKey === true) secrets.set('apiKey', new Secret(source.key))
  return { config, secrets }
}

function valueOf(property: Property, isRequired: boolean, origin: string): unknown {
  const { default: byDefault, format } = property
  const isAddress = typeof byDefault === 'string' && /^https?:\/\//.test(byDefault)
  if (isAddress) return `${origin}${new URL(byDefault).pathname.replace(/\/+$/, '')}`
  if (format === 'uri') return origin
  return byDefault ?? (isRequired ? sampleOf(property) : undefined)
}

function sampleOf(property: Property): unknown {
  if (property.const !== undefined) return property.const
  if (property.enum !== undefined) return property.enum[0]
  switch (Array.isArray(property.type) ? property.type[0] : property.type) {
    case 'number':
    case 'integer':
      return property.minimum ?? 1
    case 'boolean':
      return false
    case 'array':
      return []
    case 'object':
      return {}
    default:
      return 'sample'
  }
}

/** A text with `${config.key}` filled in, or undefined when one of them is not set. */
export function fillIn(text: string, config: MadeUpSettings['config']): string | undefined {
  let isMissing = false
  const filled = text.replaceAll(/\$\{config\.([A-Za-z0-9_]+)\}/g, (_whole, name: string) => {
    const value = config[name]
    if (value === undefined || value === '' || typeof value === 'object') isMissing = true
    return String(value)
  })
  return isMissing ? undefined : filled
}
