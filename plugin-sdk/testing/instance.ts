import type { Contributions, PluginContext } from '../plugin.ts'
import { loadProtocol } from '../protocols/index.ts'
import type { ProviderSetup } from '../protocols/protocol.ts'
import type { Provider, ProviderDeclaration } from '../provider.ts'
import { declaredHosts, redirectedHttp } from './declared-hosts.ts'
import type { NetworkWatch } from './network-watch.ts'
import type { Failing } from './report.ts'
import type { RuleId } from './rules.ts'
import { fillIn, makeUpSettings, type MadeUpSettings } from './settings.ts'
import type { Plugin } from './subject.ts'
import { createTestContext } from './test-context.ts'

/** Where one version of a plugin is set up, and with what. */
export interface Place {
  /** The address of the host that stands for every declared one. */
  readonly origin: string
  readonly key: string
  readonly given: Readonly<Record<string, unknown>>
  readonly watch: NetworkWatch
  readonly onDenied: (host: string) => void
}

export interface Instance {
  readonly providers: ReadonlyMap<string, Provider>
  /** As the manifest has them, but for the address, which is that of the place. */
  readonly declarations: readonly ProviderDeclaration[]
  /** The lines the plugin logged. */
  readonly log: readonly string[]
  /** Tells what went wrong. */
  dispose(): Promise<readonly string[]>
}

export interface SetupProblem extends Failing {
  readonly rule: Extract<RuleId, `contract.${string}`>
  /** The provider concerned; undefined: all of them. */
  readonly provider?: string
}

/** Milliseconds a host gives setup(). */
const SETUP_MS = 10_000

/** Sets up one version as a host does, with every declared host in the place of the one given. */
export async function setUp(plugin: Plugin, place: Place): Promise<{ instance: Instance; problems: SetupProblem[] }> {
  const { manifest } = plugin
  const settings = makeUpSettings(plugin, place)
  const declarations = (manifest.contributes.providers ?? []).map((each) => pointedAt(each, settings, place.origin))
  const http = redirectedHttp(place.origin, declaredHosts(manifest), place.onDenied)
  const log: string[] = []
  const test = createTestContext({ pluginId: manifest.id, settings, declarations, http, log })
  const { context } = test
  const partsOf = (declaration: ProviderDeclaration): ProviderSetup => ({
    declaration,
    baseUrl: declaration.baseUrl ?? place.origin,
    http,
    apiKey: declaration.auth?.type === 'none' ? undefined : settings.secrets.get('apiKey'),
    headers: headersOf(declaration, settings),
  })

  const providers = new Map<string, Provider>()
  const problems: SetupProblem[] = []
  const returned = await place.watch.run(() =>
    contributed(plugin, context, (id) => partsOf(context.declaration(id)), problems),
  )
  if (returned !== undefined) {
    problems.push(...undeclared(Object.keys(returned), declarations))
    for (const declaration of declarations) {
      const provider = Object.hasOwn(returned, declaration.id)
        ? checked(returned[declaration.id], declaration.id, problems)
        : await declared(declaration, partsOf)
      if (provider !== undefined) providers.set(declaration.id, provider)
    }
  }
  return { instance: { providers, declarations, log, dispose: () => place.watch.run(() => test.dispose()) }, problems }
}

type Returned = NonNullable<Contributions['providers']>

/** What setup() returned; undefined when it failed. */
async function contributed(
  { setup }: Plugin,
  context: PluginContext,
  partsOf: (id: string) => ProviderSetup,
  problems: SetupProblem[],
): Promise<Returned | undefined> {
  if (setup === undefined) return {}
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`it took longer than ${SETUP_MS} ms`)), SETUP_MS)
  try {
    const started = async (): Promise<Contributions | undefined> => setup(context, partsOf)
    return (await Promise.race([started(), late.promise]))?.providers ?? {}
  } catch (error) {
    problems.push({ rule: 'contract.setup', expected: 'setup() to return', actual: String(error) })
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

function undeclared(returned: readonly string[], declarations: readonly ProviderDeclaration[]): SetupProblem[] {
  const rule = 'contract.declared'
  const extra = returned.filter((id) => !declarations.some((declaration) => declaration.id === id))
  const missing = declarations.filter(({ id, protocol }) => protocol === undefined && !returned.includes(id))
  return [
    ...extra.map(
      (id) => ({ rule, expected: `"${id}" in the manifest`, actual: 'setup() returned it undeclared' }) as const,
    ),
    ...missing.map(
      ({ id }) => ({ rule, provider: id, expected: `"${id}" from setup()`, actual: 'it is missing' }) as const,
    ),
  ]
}

function checked(provider: Provider | undefined, id: string, problems: SetupProblem[]): Provider | undefined {
  if (provider?.api === 1 && typeof provider.stream === 'function') return provider
  const actual = `api: ${String(provider?.api)}, stream: ${typeof provider?.stream}`
  problems.push({ rule: 'contract.provider', provider: id, expected: 'api: 1 and a stream() method', actual })
  return undefined
}

async function declared(
  declaration: ProviderDeclaration,
  partsOf: (declaration: ProviderDeclaration) => ProviderSetup,
): Promise<Provider | undefined> {
  if (declaration.protocol === undefined) return undefined
  return (await loadProtocol(declaration.protocol)).createProvider(partsOf(declaration))
}

/** The declaration with the path of its base URL, and our address in the place of its own. */
function pointedAt(declaration: ProviderDeclaration, { config }: MadeUpSettings, origin: string): ProviderDeclaration {
  if (declaration.baseUrl === undefined) return declaration
  const { pathname = '' } = URL.parse(fillIn(declaration.baseUrl, config) ?? '') ?? {}
  return { ...declaration, baseUrl: `${origin}${pathname.replace(/\/+$/, '')}` }
}

function headersOf({ headers = {} }: ProviderDeclaration, { config }: MadeUpSettings): Record<string, string> {
  const filled = Object.entries(headers).map(([name, value]) => [name, fillIn(value, config)] as const)
  return Object.fromEntries(filled.filter((entry): entry is [string, string] => entry[1] !== undefined))
}
