import type { ByteStream } from '../../byte-stream.ts'
import type { Batch } from '../../events.ts'
import type { HttpResponse } from '../../http.ts'
import type { ProviderRequest } from '../../provider.ts'
import { AnswerDecoder } from './answer-decoder.ts'
import { EveryEvent, type ChunkReader } from './chunk-reader.ts'
import type { OpenAIChatCompat } from './compat.ts'
import { isGood, type Connection } from '../connection.ts'
import { encodeRequest } from './encode-request.ts'
import { OPENAI_CHAT } from './name.ts'
import { PassThrough } from './pass-through.ts'
import type { Reading } from './reading.ts'
import { readWhole } from './whole-answer.ts'

export interface Asking {
  readonly connection: Connection
  readonly request: ProviderRequest
  readonly compat: OpenAIChatCompat
  /** Whether the manifest describes the model, so that what it does not say is not so. */
  readonly isDescribed: boolean
  readonly signal: AbortSignal
}

/** Milliseconds a connection gets to end by itself after the answer is complete. It can be used again only then. */
const LINGER_MS = 500

/**
 * The batches of one answer; the request is sent at the first read. Written by hand, because `return()` must stop a read
 * that is under way, and a generator would make it wait for that read.
 */
export class AnswerStream implements AsyncIterableIterator<Batch> {
  readonly #asking: Asking
  /** Ends a request whose answer has not begun. */
  #end: (() => void) | undefined
  #reader: ChunkReader | undefined
  #body: ByteStream | undefined
  #over = false

  constructor(asking: Asking) {
    this.#asking = asking
  }

  async next(): Promise<IteratorResult<Batch>> {
    if (this.#over) return END
    try {
      const whole = this.#reader === undefined ? await this.#begin() : undefined
      const batch = whole ?? (await this.#read())
      if (batch !== undefined) return { done: false, value: batch }
    } catch (error) {
      if (this.#over) return END
      await this.return()
      throw error
    }
    await this.return()
    return END
  }

  return(): Promise<IteratorResult<Batch>> {
    if (this.#over) return ENDED
    this.#over = true
    if (this.#body === undefined) this.#end?.()
    else if (this.#reader?.finished !== true) return this.#body.return().then(() => END)
    else if (!this.#body.isOver) void letEnd(this.#body)
    return ENDED
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Resolves with an answer that came in one piece; of a stream, nothing is read yet. */
  async #begin(): Promise<Batch | undefined> {
    const { connection, request, compat, isDescribed, signal } = this.#asking
    const { model, options, stream } = request
    const { body, warnings } = encodeRequest(request, { compat, providerId: connection.id, isDescribed })
    const headers = connection.headersFor(options.headers)
    const response = await connection.send({ request, path: PATH, headers, body, onStart: this.#onStart }, signal)
    if (!isGood(response)) throw await connection.refusal(response, model.id)
    this.#body = response.body
    const reading: Reading = {
      provider: connection.id,
      model: model.id,
      compat,
      warnings,
      failure: (text) => connection.failure(response, text, model.id),
      garbled: (text) => connection.garbled(response, text, model.id),
    }
    if (!isEventStream(response, stream))
      return this.#readWhole(reading, response.body.takeText() ?? (await response.body.text()))
    this.#reader = mayPass(request, compat) ? new PassThrough(reading) : new EveryEvent(new AnswerDecoder(reading))
    return undefined
  }

  readonly #onStart = (end: () => void): void => {
    this.#end = end
  }

  #readWhole(reading: Reading, text: string): Batch {
    const { request } = this.#asking
    const batch = readWhole(text, reading, !request.stream && isOfThisProtocol(request))
    // Nothing follows, and its connection is free.
    this.#over = true
    // A caller who asked for a stream has no use for the object of a host that does not stream.
    return request.stream ? batch.slice() : batch
  }

  /** Reads until there is something to tell; undefined at the end of a complete answer. */
  async #read(): Promise<Batch | undefined> {
    for (;;) {
      const [reader, body] = [this.#reader, this.#body]
      if (reader === undefined || body === undefined) return undefined
      if (reader.failure !== undefined) throw reader.failure
      if (reader.finished) return undefined
      const step = await body.next()
      if (this.#over) return undefined
      const batch = step.done === true ? reader.end() : reader.feed(step.value)
      if (batch !== undefined) return batch
    }
  }
}

const PATH = '/chat/completions'

/** A client of this protocol takes the events as they are. What needs mending or guessing must be read. */
const mayPass = (request: ProviderRequest, compat: OpenAIChatCompat): boolean =>
  isOfThisProtocol(request) && compat.supportsFinishReason

const isOfThisProtocol = ({ wire }: ProviderRequest): boolean => wire?.protocol === OPENAI_CHAT

const END: IteratorResult<Batch> = { done: true, value: undefined }
const ENDED = Promise.resolve(END)

/** Some hosts answer a request for a stream in one piece; a few send a stream without saying so. */
function isEventStream({ headers }: HttpResponse, asked: boolean): boolean {
  const type = String(headers['content-type'] ?? '')
  if (type.includes('event-stream')) return true
  return asked && !type.includes('json') && !type.includes('html')
}

async function letEnd(body: ByteStream): Promise<void> {
  const timer = setTimeout(() => void body.return(), LINGER_MS)
  try {
    while ((await body.next()).done !== true);
  } catch {
    // The answer is complete; how its connection ended no longer matters.
  } finally {
    clearTimeout(timer)
  }
}
