/**
 * The model host of the bench: as little work per request as possible, every answer prepared. `GET /served` tells how
 * many chat requests have come through.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { jsonAnswer, readStreamOrder, streamEvents, type StreamOrder } from '../answers.ts'

const STREAM_HEAD = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
const JSON_HEAD = { 'content-type': 'application/json', 'content-length': jsonAnswer.length }

const prepared = new Map<string, readonly Buffer[]>()
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
    else stream(response, prepare(order), order.everyMs)
  })
})

function stream(response: ServerResponse, pieces: readonly Buffer[], everyMs: number): void {
  response.writeHead(200, STREAM_HEAD)
  if (everyMs === 0) {
    for (const piece of pieces) response.write(piece)
    response.end()
    return
  }
  let next = 0
  const write = (): void => {
    const piece = pieces[next++]
    if (piece !== undefined) response.write(piece)
    if (next === pieces.length) {
      clearInterval(timer)
      response.end()
    }
  }
  const timer = setInterval(write, everyMs)
  write()
  response.on('close', () => clearInterval(timer))
}

/** What is written one after the other: each event by itself, as hosts do, but for the role, which goes with the first delta. */
function prepare({ deltas, joined }: StreamOrder): readonly Buffer[] {
  const key = `${deltas} ${joined}`
  let pieces = prepared.get(key)
  if (pieces === undefined) {
    const {
      role,
      deltas: [first = '', ...later],
      tail,
    } = streamEvents(deltas)
    const events = [role + first, ...later, tail]
    pieces = (joined ? [events.join('')] : events).map((piece) => Buffer.from(piece))
    prepared.set(key, pieces)
  }
  return pieces
}

server.listen(0, '127.0.0.1', () => console.log(`listening ${(server.address() as AddressInfo).port}`))
