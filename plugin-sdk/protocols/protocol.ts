import type { Batch, FinishEvent, WireFrames } from '../events.ts'
import type { Http } from '../http.ts'
import type { AssistantMessage, Context } from '../messages.ts'
import type { GenerationOptions, WireFields } from '../options.ts'
import type { Provider, ProviderDeclaration } from '../provider.ts'
import type { Secret } from '../secret.ts'

/** What a protocol needs to turn a manifest's declaration into a provider. */
export interface ProviderSetup {
  readonly declaration: ProviderDeclaration
  /** Without a trailing slash. */
  readonly baseUrl: string
  readonly http: Http
  /** The key, when the user has set one. */
  readonly apiKey: Secret | undefined
  /** The manifest's extra headers, placeholders filled in. */
  readonly headers: Readonly<Record<string, string>>
}

/** One request as a client of this protocol wrote it, in our words. */
export interface DoorRequest {
  readonly model: string
  readonly context: Context
  readonly options: GenerationOptions
  readonly stream: boolean
  /** Fields without a unified name. */
  readonly wire: WireFields
  /** The client wants token counts inside a stream. */
  readonly includeUsage: boolean
  /** The client reads a stream as one JSON list; left out, as server-sent events. */
  readonly asJsonList?: boolean
  /** Plugboard's own request fields (`routing`, `budget`, `response`), unread. */
  readonly extensions: Readonly<Record<string, unknown>>
}

export interface AnswerHead {
  /** Used when the provider gave no id of its own. */
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  /** The model as the client named it. */
  readonly model: string
  /** The wire protocol of the provider that answers, when known. */
  readonly api?: string
}

/** An answer that is complete. */
export interface Answer extends AnswerHead {
  readonly message: AssistantMessage
  /** Present when the provider spoke the same protocol: then the answer is passed on as it came. */
  readonly wire?: WireFrames | undefined
}

/** Fields the gateway adds to an answer: `provider`, `cost`, `latency`, ... */
export type AnswerExtras = Readonly<Record<string, unknown>>

/** A failure in the gateway's words; each protocol writes it in its own shape. */
export interface DoorError {
  /** HTTP status. */
  readonly status: number
  readonly message: string
  readonly type:
    | 'invalid_request_error'
    | 'authentication_error'
    | 'permission_error'
    | 'not_found_error'
    | 'rate_limit_error'
    | 'server_error'
    | 'provider_error'
  readonly code: string
  readonly param: string | null
  readonly provider: string | null
  readonly requestId: string
}

/** Writes one streamed answer. Every method returns text to send, possibly empty. */
export interface StreamWriter {
  /** Left out for server-sent events. */
  readonly contentType?: string
  /** Content only: the events that close the answer are held back for `finish`. The batch's own bytes are not repeated. */
  write(batch: Batch): string
  /** Everything that closes a complete answer, the protocol's last event included. */
  finish(finish: FinishEvent, wire: WireFrames | undefined, extras: AnswerExtras): string
  /** Closes a failed answer so that no client can take it for a complete one. */
  fail(error: DoorError): string
}

/** A wire protocol towards clients. */
export interface Door {
  /** Throws PlugboardError `REQUEST_INVALID` with `details.param` naming the field, for example `messages[1].role`. */
  parseRequest(body: unknown): DoorRequest
  writeAnswer(answer: Answer, extras: AnswerExtras): string
  openStream(head: AnswerHead, request: DoorRequest): StreamWriter
  writeError(error: DoorError): string
  /** Absent where clients have no request for it. */
  readonly tokenCount?: TokenCountDoor
}

/** How clients ask how many tokens a request has, without calling the model. */
export interface TokenCountDoor {
  /** Throws as `Door.parseRequest`. */
  parseRequest(body: unknown): DoorRequest
  /** The answer says that the count is an estimate. */
  write(tokens: number): string
}

/** A wire protocol in both directions. */
export interface Protocol {
  readonly name: string
  createProvider(setup: ProviderSetup): Provider
  readonly door: Door
}
