import { AsyncLocalStorage } from 'node:async_hooks'
import {
  connectionOf,
  fetchOver,
  type PluginContext,
  type Provider,
  type ProviderDeclaration,
  type Secret,
} from '@plugboard/sdk'
import { answer } from './answer.ts'
import { readOptions } from './options.ts'
import { loadFactory, modelOf } from './package.ts'
import { withinMaxTokens, type Limits } from './within-max-tokens.ts'

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
  const { apiKey, baseUrl, headers } = connectionOf(declaration, known)
  const provider = create({
    ...(apiKey === undefined ? {} : { apiKey: apiKey.reveal() }),
    ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
    ...(headers === undefined ? {} : { headers }),
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
