import type { Contributions, PluginContext, PluginDefinition, Provider, ProviderDeclaration } from '@plugboard/sdk'
import { loadProtocol } from '@plugboard/sdk/protocols'
import { kernelError } from './errors.ts'
import type { Manifest } from './manifest.ts'
import { apiKeyOf, baseUrlOf, headersOf } from './plugin-context.ts'
import type { Settings } from './settings.ts'

const SETUP_LIMIT_MS = 10_000

/** What a manifest declares, made real: by the plugin's code where it has some, by the declared protocol otherwise. */
export interface MadeProvider {
  readonly declaration: ProviderDeclaration
  readonly provider: Provider
  readonly baseUrl: string | undefined
  readonly configured: boolean
}

export async function makeProviders(
  definition: PluginDefinition | undefined,
  manifest: Manifest,
  settings: Settings,
  context: PluginContext,
): Promise<MadeProvider[]> {
  const returned = definition === undefined ? {} : ((await setup(definition, manifest, context)).providers ?? {})
  const declarations = manifest.contributes.providers ?? []
  checkDeclared(manifest, Object.keys(returned), declarations)
  return Promise.all(
    declarations.map(async (declaration) => {
      const baseUrl = baseUrlOf(declaration, manifest, settings)
      const provider = returned[declaration.id] ?? (await declared(declaration, baseUrl, manifest, settings, context))
      checkProvider(provider, declaration.id, manifest)
      return { declaration, provider, baseUrl, configured: isConfigured(declaration, baseUrl, settings) }
    }),
  )
}

export function definitionOf(module: unknown, main: string): PluginDefinition {
  const definition = (module as { default?: Partial<PluginDefinition> }).default
  if (typeof definition?.setup !== 'function')
    throw kernelError('PLUGIN_EXPORT_INVALID', `${main} has no default export with a setup() function.`)
  return definition as PluginDefinition
}

async function setup(definition: PluginDefinition, manifest: Manifest, context: PluginContext): Promise<Contributions> {
  const limit = Promise.withResolvers<never>()
  const timer = setTimeout(
    () =>
      limit.reject(
        kernelError(
          'PLUGIN_SETUP_TIMEOUT',
          `setup() of plugin "${manifest.id}" took longer than ${SETUP_LIMIT_MS / 1000} s.`,
        ),
      ),
    SETUP_LIMIT_MS,
  )
  try {
    // A plugin without types may return nothing at all.
    return ((await Promise.race([definition.setup(context), limit.promise])) as Contributions | undefined) ?? {}
  } catch (error) {
    if ((error as { code?: string }).code === 'PLUGIN_SETUP_TIMEOUT') throw error
    const message = error instanceof Error ? error.message : String(error)
    throw kernelError('PLUGIN_SETUP_FAILED', `setup() of plugin "${manifest.id}" failed: ${message}`, { cause: error })
  } finally {
    clearTimeout(timer)
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

function checkProvider(provider: Provider, id: string, manifest: Manifest): void {
  if (provider.api !== 1 || typeof provider.stream !== 'function')
    throw kernelError(
      'CONTRIBUTION_INVALID',
      `The provider "${id}" of plugin "${manifest.id}" is not a provider of contract version 1.`,
    )
}

async function declared(
  declaration: ProviderDeclaration,
  baseUrl: string | undefined,
  manifest: Manifest,
  settings: Settings,
  { http }: PluginContext,
): Promise<Provider> {
  const protocol = await loadProtocol(declaration.protocol ?? '')
  if (baseUrl === undefined || URL.parse(baseUrl) === null)
    throw kernelError(
      'CONFIG_INVALID',
      `The base URL of provider "${declaration.id}" of plugin "${manifest.id}" is not set or not a URL.`,
    )
  return protocol.createProvider({
    declaration,
    baseUrl,
    http,
    apiKey: apiKeyOf(declaration, settings),
    headers: headersOf(declaration, settings),
  })
}

function isConfigured(declaration: ProviderDeclaration, baseUrl: string | undefined, settings: Settings): boolean {
  if (declaration.protocol === undefined) return true
  const { auth } = declaration
  const needsKey = auth === undefined || (auth.type !== 'none' && auth.optional !== true)
  return baseUrl !== undefined && (!needsKey || settings.secrets.has('apiKey'))
}
