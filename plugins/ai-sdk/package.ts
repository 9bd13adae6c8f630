import { PlugboardError, type PluginContext } from '@plugboard/sdk'
import { isObject, type Json, type LanguageModel } from './model.ts'

export type Factory = (settings: Json) => unknown

const VERSIONS: readonly string[] = ['v2', 'v3', 'v4']

/** The function that a package exports under exactly this name. */
export async function loadFactory(name: string, exported: string, context: PluginContext): Promise<Factory> {
  const module = (await context.importPackage(name)) as Json
  const factory = module[exported]
  if (typeof factory === 'function') return factory as Factory
  const others = Object.keys(module).filter((key) => key.startsWith('create') && typeof module[key] === 'function')
  throw new PlugboardError('AI_SDK_EXPORT_MISSING', `The package "${name}" exports no function "${exported}".`, {
    hint: `Set "export" in the provider's options to ${others.length === 0 ? 'the function that makes a provider' : others.join(' or ')}.`,
  })
}

/** Throws PlugboardError when what the package gave is no language model of a version known here. */
export function modelOf(provider: unknown, id: string, name: string): LanguageModel {
  const { languageModel } = (provider ?? {}) as { languageModel?: (id: string) => unknown }
  const model = typeof languageModel === 'function' ? languageModel.call(provider, id) : undefined
  if (isLanguageModel(model)) return model
  const found = isObject(model) ? `speaks version ${String(model['specificationVersion'])}` : 'makes no language model'
  throw new PlugboardError(
    'AI_SDK_VERSION_UNSUPPORTED',
    `The package "${name}" ${found} of the AI SDK's specification; versions ${VERSIONS.join(', ')} can be used.`,
    { hint: `Where it is installed, run: npm install ${name}@latest` },
  )
}

const isLanguageModel = (model: unknown): model is LanguageModel =>
  isObject(model) && VERSIONS.includes(String(model['specificationVersion'])) && typeof model['doStream'] === 'function'
