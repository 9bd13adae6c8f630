export type Json = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null

/** A part of an answer as versions 2, 3 and 4 of the AI SDK's model specification stream it; its type says which of the fields it has. */
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

/** Where our messages keep what the AI SDK calls provider metadata. */
export const AI_SDK = 'ai-sdk'

export const keptMetadata = (metadata: Json | undefined): { providerMetadata?: Json } =>
  metadata === undefined ? {} : { providerMetadata: { [AI_SDK]: metadata } }
