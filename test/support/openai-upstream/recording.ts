import type { IncomingHttpHeaders } from 'node:http'
import type { Progress } from './deliver.ts'

/** `sent`: to its end, as planned. `cut`: by this server. `left`: the client closed the connection before that. */
export type AnswerEnd = 'sent' | 'cut' | 'left'

/** One request that arrived whole. Times are `performance.now()`. */
export interface RecordedRequest {
  /** Position among all requests, from 0. */
  readonly index: number
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** The body as it came. */
  readonly text: string
  /** The body as JSON; `{}` when it is no JSON object. */
  readonly body: Readonly<Record<string, unknown>>
  readonly connection: RecordedConnection
  readonly receivedAt: number
  readonly answer: Readonly<Progress>
  /** Set when the client closed the connection before the answer was complete. */
  readonly leftAt: number | undefined
  /** Resolves when nothing more of the answer can be sent. */
  readonly over: Promise<AnswerEnd>
}

/** One TCP connection. Times are `performance.now()`. */
export interface RecordedConnection {
  readonly index: number
  readonly openedAt: number
  readonly closedAt: number | undefined
  readonly closedBy: 'client' | 'upstream' | undefined
}
