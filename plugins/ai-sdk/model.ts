import type { Context, GenerationOptions, Model, Report } from '@plugboard/sdk'

export type Json = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null

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

/** A part of an answer; its type says which of the fields it has. */
export interface Part {
  readonly type: string
  readonly id?: string
  readonly delta?: string
  readonly toolCallId?: string
  readonly toolName?: string
  /** JSON text. */
  readonly input?: string
  /** The provider ran the tool itself. */
  readonly providerExecuted?: boolean
  readonly providerMetadata?: Json
  readonly modelId?: string
  readonly mediaType?: string
  readonly warnings?: readonly Json[]
  readonly finishReason?: string | { readonly unified: string; readonly raw?: string }
  readonly usage?: Json
  readonly error?: unknown
}

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

/** Where our messages keep what the AI SDK calls provider metadata. */
export const AI_SDK = 'ai-sdk'

export const keptMetadata = (metadata: Json | undefined): { providerMetadata?: Json } =>
  metadata === undefined ? {} : { providerMetadata: { [AI_SDK]: metadata } }
