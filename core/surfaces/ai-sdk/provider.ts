import type { AnsweringHost } from './host.ts'
import { languageModel } from './language-model.ts'
import { noSuchModel } from './sdk-errors.ts'
import type { LanguageModel } from './specification.ts'

/** A provider of the AI SDK (specification v3, which `ai` 6 and 7 take). */
export interface PlugboardProvider {
  /** As `languageModel`. */
  (modelId: string): LanguageModel
  readonly specificationVersion: 'v3'
  /** Any name Plugboard knows a model by, for example `anthropic:claude-sonnet-4-5`. Whether there is one shows when it is asked. */
  languageModel(modelId: string): LanguageModel
  /** Throws NoSuchModelError. */
  embeddingModel(modelId: string): never
  /** Throws NoSuchModelError. */
  imageModel(modelId: string): never
}

/** Every model that is plugged in, with routing, budgets and the ledger, behind the functions of the AI SDK. */
export function plugboardProvider(plugboard: AnsweringHost): PlugboardProvider {
  const model = (modelId: string): LanguageModel => languageModel(plugboard, modelId)
  return Object.assign((modelId: string) => model(modelId), {
    specificationVersion: 'v3' as const,
    languageModel: model,
    embeddingModel: (modelId: string): never => {
      throw noSuchModel(modelId, 'embeddingModel')
    },
    imageModel: (modelId: string): never => {
      throw noSuchModel(modelId, 'imageModel')
    },
  })
}
