/**
 * The model host of the bench: as little work per request as possible, every answer prepared. `GET /served` tells how
 * many chat requests have come through.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { jsonAnswer, readStreamOrder, streamEvents } from '../answers.ts'

interface PreparedStream {
  readonly first: Buffer
  readonly rest: readonly Buffer[]
  readonly burst: Buffer
}

const STREAM_HEAD = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
const JSON_HEAD = { 'content-type': 'application/json', 'content-length': jsonAnswer.length }

const prepared = new Map<number, PreparedStream>()
let served = 0

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(String(served))
    return
  }
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    served++
    const order = readStreamOrder(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks))
    if (order === undefined) response.writeHead(200, JSON_HEAD).end(jsonAnswer)
    else stream(response, prepare(order.deltas), order.everyMs)
  })
})

function stream(response: ServerResponse, { first, rest, burst }: PreparedStream, everyMs: number): void {
  response.writeHead(200, STREAM_HEAD)
  if (everyMs === 0) {
    response.write(burst)
    response.end()
    return
  }
  response.write(first)
  let next = 0
  const timer = setInterval(() => {
    const event = rest[next++]
    if (event !== undefined) response.write(event)
    if (next === rest.length) {
      clearInterval(timer)
      response.end()
    }
  }, everyMs)
  response.on('close', () => clearInterval(timer))
}

function prepare(deltas: number): PreparedStream {
  let stream = prepared.get(deltas)
  if (stream === undefined) {
    const events = streamEvents(deltas)
    const [firstDelta = '', ...later] = events.deltas
    const first = Buffer.from(events.role + firstDelta)
    const rest = [...later, events.tail].map((event) => Buffer.from(event))
    stream = { first, rest, burst: Buffer.concat([first, ...rest]) }
    prepared.set(deltas, stream)
  }
  return stream
}

server.listen(0, '127.0.0.1', () => console.log(`listening ${(server.address() as AddressInfo).port}`))
