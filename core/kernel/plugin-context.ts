import {
  createHttp,
  type PluginContext,
  type PluginLogger,
  type ProviderDeclaration,
  type Secret,
} from '@plugboard/sdk'
import { kernelError } from './errors.ts'
import type { Manifest } from './manifest.ts'
import type { Scope } from './scope.ts'
import type { Settings } from './settings.ts'

export interface ContextParts {
  readonly manifest: Manifest
  readonly settings: Settings
  readonly generation: string
  readonly scope: Scope
  readonly signal: AbortSignal
  readonly log: PluginLogger
}

/** What one version of a plugin may reach: its settings, its hosts, and a way to undo what it acquires. */
export function createPluginContext(parts: ContextParts): PluginContext {
  const { manifest, settings, scope } = parts
  const declarations = manifest.contributes.providers ?? []
  return {
    pluginId: manifest.id,
    generation: parts.generation,
    config: settings.config,
    secret: (key) => settings.secrets.get(key),
    log: parts.log,
    http: scope.own(createHttp(allowedHosts(manifest, settings))),
    signal: parts.signal,
    defer: (undo) => scope.defer(undo),
    declaration(providerId) {
      const found = declarations.find(({ id }) => id === providerId)
      if (found === undefined)
        throw kernelError('CONTRIBUTION_UNDECLARED', `Plugin "${manifest.id}" declares no provider "${providerId}".`)
      return found
    },
  }
}

/** The base URL of a provider after settings are filled in, without a trailing slash. */
export function baseUrlOf(
  declaration: ProviderDeclaration,
  manifest: Manifest,
  { config }: Settings,
): string | undefined {
  const override =
    manifest.config === undefined && typeof config['baseUrl'] === 'string' ? config['baseUrl'] : undefined
  const url = override ?? (declaration.baseUrl === undefined ? undefined : fillIn(declaration.baseUrl, config))
  return url?.replace(/\/+$/, '')
}

/** The declared headers with settings filled in; one whose setting is empty is left out. */
export function headersOf(declaration: ProviderDeclaration, { config }: Settings): Record<string, string> {
  const filled = Object.entries(declaration.headers ?? {}).map(
    ([name, value]) => [name, fillIn(value, config)] as const,
  )
  return Object.fromEntries(filled.filter((entry): entry is [string, string] => entry[1] !== undefined))
}

export function apiKeyOf({ auth }: ProviderDeclaration, { secrets }: Settings): Secret | undefined {
  return auth?.type === 'none' ? undefined : secrets.get('apiKey')
}

/** Undefined when a setting named in the text is not set. */
function fillIn(text: string, config: Settings['config']): string | undefined {
  let missing = false
  const filled = text.replaceAll(/\$\{config\.([A-Za-z0-9_]+)\}/g, (_whole, key: string) => {
    const value = config[key]
    if (value === undefined || value === '') missing = true
    return String(value ?? '')
  })
  return missing ? undefined : filled
}

function allowedHosts(manifest: Manifest, settings: Settings): string[] {
  const hosts = new Set<string>()
  const addUrl = (url: string | undefined): void => {
    const host = url === undefined ? undefined : URL.parse(url)?.host
    if (host !== undefined) hosts.add(host)
  }
  for (const declaration of manifest.contributes.providers ?? []) addUrl(baseUrlOf(declaration, manifest, settings))
  for (const rule of manifest.permissions?.net ?? []) {
    if (rule.startsWith('config:')) addUrl(String(settings.config[rule.slice('config:'.length)] ?? ''))
    else hosts.add(rule)
  }
  return [...hosts]
}
