/** How a host answers one request. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Each is a write of its own. */
  readonly chunks: readonly Uint8Array[]
  /** `hold`: nothing more comes and the connection stays open. `cut`: the connection breaks. */
  readonly end: 'end' | 'hold' | 'cut'
  /** Milliseconds before the head. */
  readonly delayMs?: number
}

const JSON_TYPE = 'application/json'
const STREAM_TYPE = 'text/event-stream; charset=utf-8'

export const jsonReply = (status: number, value: unknown, headers: Reply['headers'] = {}): Reply =>
  textReply(status, JSON_TYPE, JSON.stringify(value), headers)

export const textReply = (status: number, type: string, text: string, headers: Reply['headers'] = {}): Reply => ({
  status,
  headers: { 'content-type': type, ...headers },
  chunks: [Buffer.from(text)],
  end: 'end',
})

/** A stream of server-sent events, each a write of its own. */
export const sseReply = (events: readonly string[]): Reply => ({
  status: 200,
  headers: { 'content-type': STREAM_TYPE, 'cache-control': 'no-cache' },
  chunks: events.map((event) => Buffer.from(event)),
  end: 'end',
})

export const dataEvent = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`

/** As `dataEvent`, named after its `type`. */
export const typedEvent = (value: Readonly<Record<string, unknown>>): string =>
  `event: ${String(value['type'])}\n${dataEvent(value)}`

/** About half of the answer, and then what `end` says. */
export function half(reply: Reply, end: Reply['end']): Reply {
  const chunks =
    reply.chunks.length > 1 ? reply.chunks : inBytes(reply, () => (reply.chunks[0]?.length ?? 0) / 8).chunks
  return { ...reply, chunks: chunks.slice(0, Math.max(1, Math.floor(chunks.length / 2))), end }
}

/** The connection breaks before anything was said. */
export const brokenOff: Reply = { status: 0, headers: {}, chunks: [], end: 'cut' }

/** The host takes the request and says nothing. */
export const silent: Reply = { status: 0, headers: {}, chunks: [], end: 'hold' }

export const inOneWrite = (reply: Reply): Reply => ({ ...reply, chunks: [Buffer.concat(reply.chunks)] })

/** Cuts the answer into writes of so many bytes, within characters and lines too. */
export function inBytes(reply: Reply, sizeOf: (index: number) => number): Reply {
  const body = Buffer.concat(reply.chunks)
  const chunks: Uint8Array[] = []
  for (let at = 0; at < body.length;) {
    const end = at + Math.max(1, Math.floor(sizeOf(chunks.length)))
    chunks.push(body.subarray(at, end))
    at = end
  }
  return { ...reply, chunks }
}

/** Replaces a text wherever the answer says it; both must have the same length, for formats that count bytes. */
export function reworded(reply: Reply, from: string, to: string): Reply {
  const chunks = reply.chunks.map((chunk) => {
    const copy = Buffer.from(chunk)
    for (let at = copy.indexOf(from); at !== -1; at = copy.indexOf(from, at + to.length)) copy.write(to, at)
    return copy
  })
  return { ...reply, chunks }
}
