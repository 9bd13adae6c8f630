import { AsyncLocalStorage } from 'node:async_hooks'
import type { PluginContext, Provider, ProviderDeclaration, Secret } from '@plugboard/sdk'
import { answer } from './answer.ts'
import { fetchOver, type Limits } from './fetch.ts'
import { fillIn, type Known } from './fill-in.ts'
import { readOptions } from './options.ts'
import { loadFactory, modelOf } from './package.ts'
import { withinMaxTokens } from './within-max-tokens.ts'

/** Rejects with PlugboardError when the package cannot be used. */
export async function createProvider(declaration: ProviderDeclaration, context: PluginContext): Promise<Provider> {
  // Every secret that the package gets is masked wherever its provider echoes it.
  const secrets: Secret[] = []
  const secret: PluginContext['secret'] = (key) => {
    const found = context.secret(key)
    if (found !== undefined) secrets.push(found)
    return found
  }
  const known = { config: context.config, secret }
  const { source, factory, settings, namespace } = readOptions(declaration, known)
  const create = await loadFactory(source, factory, context)
  const limits = new AsyncLocalStorage<Limits>()
  const apiKey = secret('apiKey')
  const baseURL = baseUrlOf(declaration, known)
  const provider = create({
    ...(apiKey === undefined ? {} : { apiKey: apiKey.reveal() }),
    ...(baseURL === undefined ? {} : { baseURL }),
    ...(declaration.headers === undefined ? {} : { headers: fillIn(declaration.headers, known) }),
    ...settings,
    fetch: withinMaxTokens(
      fetchOver(context.http, () => limits.getStore()),
      () => limits.getStore()?.maxTokens,
    ),
  })
  // A package that cannot serve is refused now, while the former version still can.
  const [first] = declaration.models ?? []
  if (first !== undefined) modelOf(provider, first.id, source)
  const connection = {
    declaration,
    namespace,
    secrets,
    model: (id: string) => modelOf(provider, id, source),
    within: <T>(call: Limits, run: () => T): T => limits.run(call, run),
  }
  return { api: 1, stream: (request, signal) => answer(connection, request, signal) }
}

/** As declared with the settings filled in; one without placeholders gives way to the setting `baseUrl`. */
function baseUrlOf({ baseUrl }: ProviderDeclaration, known: Known): string | undefined {
  const isTemplate = baseUrl?.includes('${') === true
  const url = fillIn(isTemplate ? baseUrl : (known.config['baseUrl'] ?? baseUrl), known)
  return typeof url === 'string' ? url.replace(/\/+$/, '') : undefined
}
