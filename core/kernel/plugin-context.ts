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
import { within } from './within.ts'

/** An undo that never ends must not keep the others, or the host's own end, waiting. */
const UNDO_LIMIT_MS = 5_000

export interface ContextParts {
  readonly manifest: Manifest
  readonly settings: Settings
  readonly generation: string
  readonly scope: Scope
  readonly signal: AbortSignal
  readonly log: PluginLogger
  readonly importPackage: PluginContext['importPackage']
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
    defer(undo) {
      const limited = async (): Promise<void> => within(UNDO_LIMIT_MS, undo(), () => undoTimeout(manifest.id))
      if (!parts.signal.aborted) return scope.defer(limited)
      // A setup() that outlived its time limit, or a call that outlived its version: nobody else would undo this.
      limited().catch((error: unknown) => parts.log.error('undoing something acquired too late failed', { error }))
    },
    importPackage: parts.importPackage,
    declarations,
    declaration(providerId) {
      const found = declarations.find(({ id }) => id === providerId)
      if (found === undefined)
        throw kernelError('CONTRIBUTION_UNDECLARED', `Plugin "${manifest.id}" declares no provider "${providerId}".`)
      return found
    },
  }
}

const undoTimeout = (id: string): Error =>
  kernelError('PLUGIN_UNDO_TIMEOUT', `Something plugin "${id}" deferred took longer than ${UNDO_LIMIT_MS / 1000} s.`)

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
    if (isPlain(value)) return String(value)
    missing = true
    return ''
  })
  return missing ? undefined : filled
}

const isPlain = (value: unknown): value is string | number | boolean =>
  typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value !== '')

function allowedHosts(manifest: Manifest, settings: Settings): string[] {
  const hosts = new Set<string>()
  const addUrl = (url: string | undefined): void => {
    const host = url === undefined ? undefined : URL.parse(url)?.host
    if (host !== undefined) hosts.add(host)
  }
  for (const declaration of manifest.contributes.providers ?? []) addUrl(baseUrlOf(declaration, manifest, settings))
  for (const rule of manifest.permissions?.net ?? []) {
    const setting = rule.startsWith('config:') ? settings.config[rule.slice('config:'.length)] : undefined
    if (typeof setting === 'string') addUrl(setting)
    else if (!rule.startsWith('config:')) hosts.add(rule)
  }
  return [...hosts]
}
