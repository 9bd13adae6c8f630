// Version 3 of the AI SDK's provider specification, as far as Plugboard speaks it; `ai` 6 and 7 both take it. Written out
// here, so that a host that does not use the AI SDK need not install it.

type JsonValue = null | string | number | boolean | JsonObject | JsonValue[]
export type JsonObject = { [key: string]: JsonValue | undefined }
export type ProviderMetadata = Record<string, JsonObject>

type ProviderOptions = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** A part of a message in a prompt; its type says which of the fields it has. */
export interface PromptPart {
  readonly type: string
  readonly text?: string
  readonly mediaType?: string
  /** Bytes, base64 or a URL. */
  readonly data?: unknown
  readonly toolCallId?: string
  readonly toolName?: string
  readonly input?: unknown
  readonly output?: unknown
  /** The provider ran the tool itself. */
  readonly providerExecuted?: boolean
  readonly providerOptions?: ProviderOptions
}

export interface PromptMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: string | readonly PromptPart[]
}

interface OfferedTool {
  readonly type: string
  readonly name: string
  readonly description?: string
  /** JSON Schema. */
  readonly inputSchema?: unknown
  readonly strict?: boolean
}

export interface CallOptions {
  readonly prompt: readonly PromptMessage[]
  readonly maxOutputTokens?: number
  readonly temperature?: number
  readonly stopSequences?: readonly string[]
  readonly topP?: number
  readonly topK?: number
  readonly presencePenalty?: number
  readonly frequencyPenalty?: number
  readonly seed?: number
  readonly responseFormat?:
    | { readonly type: 'text' }
    | { readonly type: 'json'; readonly schema?: unknown; readonly name?: string; readonly description?: string }
  readonly tools?: readonly OfferedTool[]
  readonly toolChoice?:
    | { readonly type: 'auto' | 'none' | 'required' }
    | { readonly type: 'tool'; readonly toolName: string }
  /** Only `ai` 7 has it. */
  readonly reasoning?: string
  readonly abortSignal?: AbortSignal
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly providerOptions?: ProviderOptions
}

export type CallWarning =
  | { type: 'unsupported' | 'compatibility'; feature: string; details?: string }
  | { type: 'other'; message: string }

export interface TokenUsage {
  inputTokens: {
    /** Cached ones included. */
    total: number | undefined
    noCache: number | undefined
    cacheRead: number | undefined
    cacheWrite: number | undefined
  }
  outputTokens: { total: number | undefined; text: number | undefined; reasoning: number | undefined }
}

export interface FinishReason {
  unified: 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'other'
  raw: string | undefined
}

interface ToolCallPart {
  type: 'tool-call'
  toolCallId: string
  toolName: string
  /** JSON text. */
  input: string
  providerMetadata?: ProviderMetadata
}

export interface ResponseMetadata {
  id: string
  modelId: string
  timestamp: Date
}

export type StreamPart =
  | { type: 'stream-start'; warnings: CallWarning[] }
  | ({ type: 'response-metadata' } & ResponseMetadata)
  | { type: 'text-start' | 'reasoning-start'; id: string }
  | { type: 'text-delta' | 'reasoning-delta'; id: string; delta: string }
  | { type: 'text-end' | 'reasoning-end'; id: string; providerMetadata: ProviderMetadata }
  | { type: 'tool-input-start'; id: string; toolName: string }
  | { type: 'tool-input-delta'; id: string; delta: string }
  | { type: 'tool-input-end'; id: string }
  | ToolCallPart
  | { type: 'finish'; usage: TokenUsage; finishReason: FinishReason; providerMetadata: ProviderMetadata }
  | { type: 'error'; error: unknown }

export type Content = { type: 'text' | 'reasoning'; text: string; providerMetadata: ProviderMetadata } | ToolCallPart

export interface GenerateResult {
  content: Content[]
  finishReason: FinishReason
  usage: TokenUsage
  providerMetadata: ProviderMetadata
  response: ResponseMetadata
  warnings: CallWarning[]
}

export interface LanguageModel {
  readonly specificationVersion: 'v3'
  readonly provider: string
  readonly modelId: string
  readonly supportedUrls: Record<string, RegExp[]>
  doGenerate(options: CallOptions): Promise<GenerateResult>
  doStream(options: CallOptions): Promise<{ stream: ReadableStream<StreamPart> }>
}
