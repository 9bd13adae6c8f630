import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export type Json = Readonly<Record<string, unknown>>

/** What the real API would say against a request; nothing when it is good. `issued` are the signatures it gave away. */
export type Check = (body: Json, issued: ReadonlySet<string>, path: string) => readonly string[]

type Answer =
  | { readonly json: Json }
  /** A stream that begins so, and then waits for ever or breaks off. */
  | { readonly begins: string; readonly and: 'waits' | 'breaks' }

export interface StrictHost extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** Bodies that were good. */
  readonly received: readonly Json[]
  /** What was wrong with the others. */
  readonly refused: readonly string[]
  /** Answers the next good request so. */
  next(answer: Answer): void
}

/** A server on loopback that refuses what the real API refuses, and answers the rest as told. */
export async function startStrictHost(
  check: Check,
  signaturesIn: (answer: Json) => readonly unknown[],
): Promise<StrictHost> {
  const received: Json[] = []
  const refused: string[] = []
  const issued = new Set<string>()
  const answers: Answer[] = []
  const server = createServer((message, response) => {
    text(message)
      .then((sent) => {
        const body = JSON.parse(sent) as Json
        const problems = [
          ...(/(?<!\\)(?:\\\\)*\\ud[89a-f]/i.test(sent) ? ['the body holds half a surrogate pair'] : []),
          ...check(body, issued, message.url ?? ''),
        ]
        if (problems.length === 0) {
          received.push(body)
          reply(response, answers.shift())
          return
        }
        refused.push(...problems)
        sendJson(response, 400, { error: { message: problems.join('; '), type: 'invalid_request_error' } })
      })
      .catch(() => response.destroy())
  })

  function reply(response: ServerResponse, answer: Answer | undefined): void {
    if (answer === undefined) throw new Error('no answer is prepared')
    if ('json' in answer) {
      for (const signature of signaturesIn(answer.json)) if (typeof signature === 'string') issued.add(signature)
      sendJson(response, 200, answer.json)
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(answer.begins)
    if (answer.and === 'breaks') response.end()
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    refused,
    next: (answer) => void answers.push(answer),
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function sendJson(response: ServerResponse, status: number, json: Json): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(json))
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const objectsOf = (value: unknown): readonly Json[] =>
  Array.isArray(value) ? (value as readonly unknown[]).filter(isObject) : []

/** One complaint for each field that the API does not know. */
export const unknownFields = (at: string, value: Json, known: string): string[] =>
  Object.keys(value)
    .filter((name) => !known.split(' ').includes(name))
    .map((name) => `${at}.${name}: unknown field`)

/** A text as it is; anything else in its JSON form. */
export const wordOf = (value: unknown): string => (typeof value === 'string' ? value : String(JSON.stringify(value)))
