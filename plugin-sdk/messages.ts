import type { LlmError } from './errors.ts'

/** Data only the provider that wrote it can read (signatures, item ids). Replayed to that provider, never to another. */
export type ProviderMetadata = Readonly<Record<string, unknown>>

export interface TextContent {
  readonly type: 'text'
  readonly text: string
  readonly textSignature?: string
  readonly providerMetadata?: ProviderMetadata
}

export interface ThinkingContent {
  readonly type: 'thinking'
  readonly thinking: string
  /** What the provider needs to accept this thought again; for chat hosts the name of the field it came in. */
  readonly thinkingSignature?: string
  readonly redacted?: boolean
  readonly providerMetadata?: ProviderMetadata
}

/** Either `data` (base64) with `mimeType`, or `url`. */
export interface ImageContent {
  readonly type: 'image'
  readonly mimeType?: string
  readonly data?: string
  readonly url?: string
  readonly detail?: string
  readonly providerMetadata?: ProviderMetadata
}

export interface ToolCall {
  readonly type: 'toolCall'
  readonly id: string
  readonly name: string
  readonly arguments: Readonly<Record<string, unknown>>
  /** Set when the model's JSON could not be read; `arguments` is then `{}` and this says why. */
  readonly argumentsError?: string
  readonly thoughtSignature?: string
  readonly providerMetadata?: ProviderMetadata
}

/** A content part of one wire protocol that has no unified form. Only a provider of the same protocol can take it. */
export interface OpaqueContent {
  readonly type: 'opaque'
  readonly protocol: string
  readonly value: Readonly<Record<string, unknown>>
}

export type UserContent = TextContent | ImageContent | OpaqueContent
export type AssistantContent = TextContent | ThinkingContent | ToolCall | OpaqueContent

/** An instruction after the start of a conversation. The first instruction is `Context.systemPrompt`. */
export interface SystemMessage {
  readonly role: 'system'
  readonly content: string
  readonly timestamp?: number
  readonly providerMetadata?: ProviderMetadata
}

export interface UserMessage {
  readonly role: 'user'
  readonly content: string | readonly UserContent[]
  /** Milliseconds since 1970. */
  readonly timestamp?: number
  readonly providerMetadata?: ProviderMetadata
}

export interface ToolResultMessage {
  readonly role: 'toolResult'
  readonly toolCallId: string
  readonly toolName?: string
  readonly content: readonly UserContent[]
  readonly isError: boolean
  readonly timestamp?: number
  readonly providerMetadata?: ProviderMetadata
}

/**
 * Tokens of one answer. `input` excludes both cache counts; `output` includes `reasoning`. The optional counts are parts of
 * others, told apart because some models bill them at another price; `totalTokens` is the sum of the first four.
 */
export interface Usage {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
  /** Part of `cacheWrite`: entries that live an hour instead of five minutes. */
  readonly cacheWrite1h?: number
  /** Part of `output`. */
  readonly reasoning?: number
  /** Part of `input`. */
  readonly audioInput?: number
  /** Part of `output`. */
  readonly audioOutput?: number
  /** Part of `input`. */
  readonly imageInput?: number
  /** Part of `output`. */
  readonly imageOutput?: number
  readonly totalTokens: number
  /** True when the provider did not report usage and it was counted from what was delivered. */
  readonly estimated?: boolean
}

/**
 * Money of one answer in whole nano-dollars (1 USD = 1,000,000,000), or `null` when a price is not known.
 * Unknown is never zero. `total` is the exact sum of the other parts; each token is billed in one part only.
 */
export interface Cost {
  readonly input: number | null
  readonly output: number | null
  readonly cacheRead: number | null
  readonly cacheWrite: number | null
  /** This and the next five: only when there were such tokens and they have a price of their own. */
  readonly cacheWrite1h?: number | null
  readonly reasoning?: number | null
  readonly audioInput?: number | null
  readonly audioOutput?: number | null
  readonly imageInput?: number | null
  readonly imageOutput?: number | null
  /** The fee per request, when there is one. */
  readonly request?: number
  readonly total: number | null
  /** What the cache reads would have cost more as ordinary input; no part of `total`. */
  readonly cacheSavings?: number
  /** Names the exact price that was charged: where it came from and a hash of its terms. */
  readonly priceVersion?: string
}

export type StopReason = 'stop' | 'length' | 'toolUse' | 'contentFilter' | 'error' | 'aborted'

/**
 * What the caller should know about how it was answered. `unsupported`: left out. `compatibility`: done in another way than
 * asked. `other`: a note, for example about what of the history only another model could read.
 */
export interface Warning {
  readonly type: 'unsupported' | 'compatibility' | 'other'
  readonly feature?: string
  readonly message: string
  /** Id of the rule that changed the conversation; the rules stand in hand-off/README.md. */
  readonly rule?: string
  /** How often it did. */
  readonly count?: number
}

/** Only `role` and `content` are needed to send one back; the rest says where the answer came from. */
export interface AssistantMessage {
  readonly role: 'assistant'
  readonly content: readonly AssistantContent[]
  /** The wire protocol that carried it, for example `openai-chat`. */
  readonly api?: string
  readonly provider?: string
  readonly model?: string
  /** The model the provider says answered, when it differs from the one asked for. */
  readonly responseModel?: string
  readonly responseId?: string
  readonly usage?: Usage
  readonly cost?: Cost
  readonly stopReason?: StopReason
  /** The provider's own word for why it stopped. */
  readonly rawStopReason?: string
  readonly error?: LlmError
  readonly warnings?: readonly Warning[]
  readonly timestamp?: number
  readonly durationMs?: number
  readonly providerMetadata?: ProviderMetadata
}

export type Message = SystemMessage | UserMessage | AssistantMessage | ToolResultMessage

export interface Tool {
  readonly name: string
  readonly description?: string
  /** JSON Schema of the arguments object. */
  readonly parameters: Readonly<Record<string, unknown>>
  readonly strict?: boolean
  readonly providerMetadata?: ProviderMetadata
}

/** A whole conversation as plain JSON: write it out, read it back, continue it on another model. */
export interface Context {
  readonly systemPrompt?: string
  readonly messages: readonly Message[]
  readonly tools?: readonly Tool[]
}
