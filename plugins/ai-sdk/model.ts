import type { Context, GenerationOptions, Model, Report } from '@plugboard/sdk'
import type { Json, Part } from '@plugboard/sdk/ai-sdk'

export { AI_SDK, isObject, type Json, type Part } from '@plugboard/sdk/ai-sdk'

/** What versions 2, 3 and 4 of the AI SDK's model specification have in common, as far as it is used here. */
export interface LanguageModel {
  readonly specificationVersion: string
  /** For example `groq.chat`. */
  readonly provider: string
  readonly supportedUrls?: PromiseLike<UrlPatterns> | UrlPatterns
  doStream(options: Json): PromiseLike<{ readonly stream: ReadableStream<Part> }>
}

/** By media type, which may be a pattern as `image/*`: the URLs that the provider fetches itself. */
type UrlPatterns = Readonly<Record<string, readonly RegExp[]>>

/** One request on its way to a model of the AI SDK. */
export interface Asking extends Pick<Report, 'warn' | 'note'> {
  readonly model: Model
  readonly context: Context
  readonly options: GenerationOptions
  readonly version: string
  /** The provider's key in `providerOptions` and `providerMetadata`. */
  readonly namespace: string
  readonly urls: UrlPatterns
}
