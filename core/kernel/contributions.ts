import {
  ProviderError,
  isPlugboardError,
  type Contributions,
  type PluginContext,
  type PluginDefinition,
  type Provider,
  type ProviderDeclaration,
} from '@plugboard/sdk'
import { loadProtocol, type ProviderSetup } from '@plugboard/sdk/protocols'
import { kernelError, messageOf } from './errors.ts'
import type { KnownAs } from './known-as.ts'
import { lazyProvider } from './lazy-provider.ts'
import type { Manifest } from './manifest.ts'
import { apiKeyOf, baseUrlOf, headersOf } from './plugin-context.ts'
import type { Probe } from './registry.ts'
import type { Settings } from './settings.ts'
import { within } from './within.ts'

const SETUP_LIMIT_MS = 10_000

/** Where the models are listed by every host that follows its protocol. */
const USUAL_LIST = { path: '/models' }

/** What a manifest declares, made real: by the plugin's code where it has some, by the declared protocol otherwise. */
export interface MadeProvider extends Offer {
  /** What the manifest calls it. */
  readonly type: string
  /** As it is known to everybody else: under the id and name that were chosen for it. */
  readonly declaration: ProviderDeclaration
  readonly baseUrl: string | undefined
  readonly configured: boolean
}

interface Offer {
  readonly provider: Provider
  readonly probe: Probe | undefined
}

/** The providers of a manifest that are wanted, by `known` under their ids and names. */
export async function makeProviders(
  definition: PluginDefinition | undefined,
  manifest: Manifest,
  settings: Settings,
  context: PluginContext,
  known: KnownAs,
): Promise<MadeProvider[]> {
  const returned = definition === undefined ? {} : ((await setup(definition, manifest, context)).providers ?? {})
  const declarations = manifest.contributes.providers ?? []
  checkDeclared(manifest, Object.keys(returned), declarations)
  return declarations.flatMap((written) => {
    const declaration = known(written)
    if (declaration === undefined) return []
    const baseUrl = baseUrlOf(declaration, manifest, settings)
    const offer = Object.hasOwn(returned, written.id)
      ? returnedProvider(checked(returned[written.id], written.id, manifest), declaration, settings)
      : declared(declaration, baseUrl, settings, context)
    const configured = isConfigured(declaration, baseUrl, settings)
    return [{ type: written.id, declaration, baseUrl, configured, ...offer }]
  })
}

export function definitionOf(module: unknown, main: string): PluginDefinition {
  const definition = (module as { default?: Partial<PluginDefinition> }).default
  if (typeof definition?.setup !== 'function')
    throw kernelError('PLUGIN_EXPORT_INVALID', `${main} has no default export with a setup() function.`)
  return definition as PluginDefinition
}

async function setup(definition: PluginDefinition, manifest: Manifest, context: PluginContext): Promise<Contributions> {
  const returned = await within(SETUP_LIMIT_MS, started(definition, manifest, context), () =>
    kernelError(
      'PLUGIN_SETUP_TIMEOUT',
      `setup() of plugin "${manifest.id}" took longer than ${SETUP_LIMIT_MS / 1000} s.`,
    ),
  )
  // A plugin without types may return nothing at all.
  return (returned as Contributions | undefined) ?? {}
}

async function started(
  definition: PluginDefinition,
  manifest: Manifest,
  context: PluginContext,
): Promise<Contributions> {
  try {
    return await definition.setup(context)
  } catch (error) {
    throw kernelError('PLUGIN_SETUP_FAILED', `setup() of plugin "${manifest.id}" failed: ${messageOf(error)}`, {
      cause: error,
      // The plugin knows better what is to be done.
      ...(isPlugboardError(error) && error.hint !== undefined ? { hint: error.hint } : {}),
    })
  }
}

function checkDeclared(
  manifest: Manifest,
  returned: readonly string[],
  declarations: readonly ProviderDeclaration[],
): void {
  for (const id of returned)
    if (!declarations.some((declaration) => declaration.id === id))
      throw kernelError(
        'CONTRIBUTION_UNDECLARED',
        `setup() of plugin "${manifest.id}" returned the provider "${id}", which its manifest does not declare.`,
      )
  for (const { id, protocol } of declarations)
    if (protocol === undefined && !returned.includes(id))
      throw kernelError(
        'CONTRIBUTION_MISSING',
        `Plugin "${manifest.id}" declares the provider "${id}" without a protocol, and setup() did not return it.`,
      )
}

function checked(provider: Provider | null | undefined, id: string, manifest: Manifest): Provider {
  if (provider?.api === 1 && typeof provider.stream === 'function') return provider
  throw kernelError(
    'CONTRIBUTION_INVALID',
    `The provider "${id}" of plugin "${manifest.id}" is not a provider of contract version 1.`,
  )
}

/** What code offers; it is not asked without the key that its declaration demands. */
const returnedProvider = (provider: Provider, declaration: ProviderDeclaration, settings: Settings): Offer =>
  lacksDeclaredKey(declaration, settings) ? unconfigured(() => keyMissing(declaration)) : ownProbe(provider)

/** A provider that lists its models itself is asked for just that. */
export const ownProbe = (provider: Provider): Offer => ({
  provider,
  probe: provider.listModels === undefined ? undefined : async (signal) => (await provider.listModels?.(signal)) ?? [],
})

/** Code that declares no `auth` has its own way to a key, or needs none. */
const lacksDeclaredKey = (declaration: ProviderDeclaration, settings: Settings): boolean =>
  declaration.auth !== undefined && needsKey(declaration) && !settings.secrets.has('apiKey')

/** The provider that a declaration with a protocol describes. */
function declared(
  declaration: ProviderDeclaration,
  baseUrl: string | undefined,
  settings: Settings,
  { http }: PluginContext,
): Offer {
  if (baseUrl === undefined) return unconfigured(() => addressMissing(declaration))
  if (URL.parse(baseUrl) === null)
    throw kernelError('CONFIG_INVALID', `The base URL of provider "${declaration.id}" is not a URL: "${baseUrl}".`)
  const apiKey = apiKeyOf(declaration, settings)
  if (apiKey === undefined && needsKey(declaration)) return unconfigured(() => keyMissing(declaration))
  const setup = { declaration, baseUrl, http, apiKey, headers: headersOf(declaration, settings) }
  const make = async (of: ProviderSetup): Promise<Provider> =>
    (await loadProtocol(declaration.protocol ?? '')).createProvider(of)
  const listed = { ...declaration, modelDiscovery: declaration.keyCheck ?? declaration.modelDiscovery ?? USUAL_LIST }
  return {
    provider: lazyProvider(() => make(setup), declaration.modelDiscovery !== undefined),
    probe: async (signal) => (await (await make({ ...setup, declaration: listed })).listModels?.(signal)) ?? [],
  }
}

/** Stands for a provider until the user has set it up, so that it can be listed, and so that nothing is sent. */
const unconfigured = (error: () => ProviderError): Offer => ({
  provider: { api: 1, stream: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error()) }) }) },
  probe: () => Promise.reject(error()),
})

const addressMissing = ({ id, name = id, baseUrl }: ProviderDeclaration): ProviderError =>
  new ProviderError('invalid_request', `${name} is not set up: it has no address yet.`, {
    provider: id,
    hint: `Fill in the settings that its base URL needs: ${baseUrl}.`,
  })

function keyMissing({ id, name = id, auth }: ProviderDeclaration): ProviderError {
  const variable = auth !== undefined && auth.type !== 'none' ? auth.env : undefined
  return new ProviderError('auth', `${name} is not set up: it has no API key yet.`, {
    provider: id,
    hint: `${variable === undefined ? 'Set its key' : `Set the environment variable ${variable}, or its key`}: plugboard providers set ${id}.`,
  })
}

const needsKey = ({ auth }: ProviderDeclaration): boolean =>
  auth === undefined || (auth.type !== 'none' && auth.optional !== true)

function isConfigured(declaration: ProviderDeclaration, baseUrl: string | undefined, settings: Settings): boolean {
  if (declaration.protocol === undefined) return !lacksDeclaredKey(declaration, settings)
  return baseUrl !== undefined && (!needsKey(declaration) || settings.secrets.has('apiKey'))
}
