/**
 * A point in an answer. `request`: nothing has been sent. `head`: status and headers have. A number: that many deltas
 * have, 0 being the role chunk alone; in a body that is not streamed any number means its middle.
 */
export type Moment = 'request' | 'head' | number

/** What goes wrong, and when. */
export type Fault =
  /** The socket is destroyed. */
  | { readonly kind: 'cut'; readonly after: Moment }
  /** Nothing more comes, and the connection stays open. */
  | { readonly kind: 'stall'; readonly after: Moment }
  /** The response ends as HTTP wants it, but without finish reason and `[DONE]`. */
  | { readonly kind: 'end'; readonly after: number }
  /** An error object as an event of a stream, which it ends. For an answer in one piece, set `body`. */
  | { readonly kind: 'error'; readonly after: number; readonly error?: Partial<ErrorObject> }
  /** Broken JSON, as one event of a stream that then goes on, or in the middle of the JSON answer. */
  | { readonly kind: 'malformed'; readonly after: number }

export interface ErrorObject {
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string | null
}

export interface PlannedToolCall {
  readonly name: string
  /** An object is written as JSON; a string is sent as it is, also when it is not JSON. */
  readonly arguments: Readonly<Record<string, unknown>> | string
  /** Default `call_<index>`. */
  readonly id?: string
  /** Deltas that carry the arguments. Default 3, or fewer when they are shorter than that. */
  readonly pieces?: number
}

/** OpenAI's counts: `prompt` includes `cached`, `completion` includes `reasoning`. */
interface PlannedUsage {
  readonly prompt: number
  readonly completion: number
  readonly cached?: number
  readonly reasoning?: number
}

/** How one chat request is answered. Every part is optional: `{}` is a good, quick answer. */
export interface Plan {
  /** What the model says; a label here tells answers apart. Default "Hello from the upstream.", or nothing beside tool calls. */
  readonly text?: string
  /** How a stream cuts `text`: into that many pieces, or exactly these. Default: words. A number alone makes up its own text. */
  readonly deltas?: number | readonly string[]
  readonly toolCalls?: readonly PlannedToolCall[]
  /** Default `stop`, or `tool_calls` beside tool calls. */
  readonly finishReason?: string
  /** `none` never tells usage. Default: a count of the characters of the request and of the deltas of the answer. */
  readonly usage?: PlannedUsage | 'none'
  /** The model the answer names. Default: the dated name that OpenAI gives, where there is one. */
  readonly responseModel?: string

  /** Anything but 200 is answered with OpenAI's error object for that status. */
  readonly status?: number
  /** Added to the usual ones and stronger than they are; names in lower case, for example `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Replaces the whole body; an object is written as JSON. */
  readonly body?: string | Uint8Array | Readonly<Record<string, unknown>>

  /** Milliseconds before the head is sent. */
  readonly firstByteDelayMs?: number
  /** Milliseconds between two deltas. */
  readonly deltaDelayMs?: number
  /** All of the stream that nothing holds up goes out in one write. Otherwise each event is a write of its own. */
  readonly burst?: boolean
  /** The body goes out in writes of so many bytes, whatever they cut in two, with a wait after each. */
  readonly drip?: { readonly bytes: number; readonly everyMs: number }
  /** Waits at that moment until the promise settles, so that a test can act while the answer is half sent. */
  readonly hold?: { readonly after: Moment; readonly until: Promise<unknown> }
  readonly fault?: Fault
}
