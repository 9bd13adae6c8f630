import type { Model } from '@plugboard/sdk'

export const GOOGLE_METHODS = ['generateContent', 'streamGenerateContent', 'countTokens']

/** A model as Google's clients know them. */
export const googleModel = ({ provider, id, name, contextWindow, maxTokens, reasoning }: Model): object => ({
  name: `models/${provider}:${id}`,
  displayName: name,
  ...(contextWindow === undefined ? {} : { inputTokenLimit: contextWindow }),
  ...(maxTokens === undefined ? {} : { outputTokenLimit: maxTokens }),
  supportedGenerationMethods: GOOGLE_METHODS,
  ...(reasoning ? { thinking: true } : {}),
})
