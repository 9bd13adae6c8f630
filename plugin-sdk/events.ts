import type { LlmError } from './errors.ts'
import type {
  AssistantMessage,
  OpaqueContent,
  ProviderMetadata,
  StopReason,
  ToolCall,
  Usage,
  Warning,
} from './messages.ts'

/** Once, before everything else. Left out by a provider, the kernel adds it. */
export interface StartEvent {
  readonly type: 'start'
  readonly responseId?: string
  readonly responseModel?: string
  readonly warnings?: readonly Warning[]
}

/** Blocks are numbered from 0 in the order in which they start; blocks may interleave. */
export interface BlockStart {
  readonly type: 'text_start' | 'thinking_start'
  readonly contentIndex: number
}

export interface BlockDelta {
  readonly type: 'text_delta' | 'thinking_delta' | 'toolcall_delta'
  readonly contentIndex: number
  /** For a tool call: the next piece of the arguments' JSON text. */
  readonly delta: string
}

export interface TextEnd {
  readonly type: 'text_end'
  readonly contentIndex: number
  readonly content: string
  readonly textSignature?: string
  readonly providerMetadata?: ProviderMetadata
}

export interface ThinkingEnd {
  readonly type: 'thinking_end'
  readonly contentIndex: number
  readonly content: string
  readonly thinkingSignature?: string
  readonly redacted?: boolean
  readonly providerMetadata?: ProviderMetadata
}

export interface ToolCallStart {
  readonly type: 'toolcall_start'
  readonly contentIndex: number
  readonly id: string
  readonly name: string
}

export interface ToolCallEnd {
  readonly type: 'toolcall_end'
  readonly contentIndex: number
  readonly toolCall: ToolCall
}

/**
 * A whole block for which there is no other event: a tool that the provider runs itself, that tool's result, a generated
 * file, the sources of an answer. It begins and ends at once.
 */
export interface OpaqueBlock {
  readonly type: 'opaque'
  readonly contentIndex: number
  readonly content: OpaqueContent
}

/**
 * The provider said, in its own way, that the answer is complete. A stream that ends without it was cut,
 * and the kernel reports an error: truncation never looks like success.
 */
export interface FinishEvent {
  readonly type: 'finish'
  readonly reason: Exclude<StopReason, 'error' | 'aborted'>
  readonly rawReason?: string
  /** Left out when the provider did not tell it; the kernel then counts what was delivered. */
  readonly usage?: Usage
}

/** What a provider yields. It reports failures by throwing; the kernel turns them into typed errors. */
export type ProviderEvent =
  | StartEvent
  | BlockStart
  | BlockDelta
  | TextEnd
  | ThinkingEnd
  | ToolCallStart
  | ToolCallEnd
  | OpaqueBlock
  | FinishEvent

/**
 * The bytes' own form of a batch, kept so that a door of the same protocol can pass them on unchanged.
 * Whoever changes a batch makes a new array and thereby drops it.
 */
export interface WireFrames {
  readonly protocol: string
  /** Payloads of the events that carry content, as they came. */
  readonly frames: readonly string[]
  /** Whole events as they came; they stand before the frames. Only a caller of the same protocol gets them. */
  readonly bytes?: Uint8Array
  /**
   * Decodes the content of this batch, whose events then leave it out. Whoever reads one batch must have read those before it.
   * Few do: what only passes through need not be understood.
   */
  readonly unread?: () => readonly ProviderEvent[]
  /** With the finish event: the parsed objects that closed the answer, or the one object of a non-streamed answer. */
  readonly tail?: readonly Readonly<Record<string, unknown>>[]
  /** The text of the one object of a non-streamed answer, where `tail` holds it parsed. */
  readonly text?: string
}

/** What arrived together, decoded. Never empty, but for content that is `unread`. */
export type Batch = readonly ProviderEvent[] & { readonly wire?: WireFrames }

/** The last event of a good answer, with the whole message. */
export interface DoneEvent {
  readonly type: 'done'
  readonly reason: Exclude<StopReason, 'error' | 'aborted'>
  readonly message: AssistantMessage
}

/** The last event of a failed or aborted answer; `message` holds what had arrived, and its cost. */
export interface ErrorEvent {
  readonly type: 'error'
  readonly reason: 'error' | 'aborted'
  readonly error: LlmError
  readonly message: AssistantMessage
}

/** What a caller reads from `stream()`: exactly one `start`, exactly one `done` or `error`, nothing after it. */
export type StreamEvent = Exclude<ProviderEvent, FinishEvent> | DoneEvent | ErrorEvent
