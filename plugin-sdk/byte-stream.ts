/** What the stream needs of the connection that feeds it. */
export interface Source {
  pause(): void
  resume(): void
  abort(reason: Error): void
}

/** Bytes held before the connection is told to wait. A slow reader then slows the sender, not our memory. */
const HIGH_WATER_BYTES = 256 * 1024
/** What holding a chunk takes besides its bytes. */
const CHUNK_BYTES = 200

interface Waiting {
  resolve(step: IteratorResult<Uint8Array>): void
  reject(error: unknown): void
}

/**
 * A response body: pushed into by the connection, pulled out of by one reader, with back-pressure in between. A read gets
 * all that is there as one chunk: hosts send each event of a stream as a chunk of its own, many of them in one network
 * packet, and who reads them has work to do for each chunk.
 */
export class ByteStream implements AsyncIterableIterator<Uint8Array> {
  readonly #source: Source
  #chunks: Uint8Array[] = []
  #held = 0
  #waiting: Waiting | undefined
  #ended = false
  #error: Error | undefined
  #paused = false

  constructor(source: Source) {
    this.#source = source
  }

  /** Everything has arrived and is read. */
  get isOver(): boolean {
    return this.#ended && this.#error === undefined && this.#chunks.length === 0
  }

  push(chunk: Uint8Array): void {
    if (this.#ended) return
    this.#chunks.push(chunk)
    // Answered when the rest of the packet, which is pushed right behind it, is here too.
    if (this.#waiting !== undefined && this.#chunks.length === 1) queueMicrotask(this.#answer)
    this.#held += chunk.byteLength + CHUNK_BYTES
    if (!this.#paused && this.#held >= HIGH_WATER_BYTES) {
      this.#paused = true
      this.#source.pause()
    }
  }

  end(): void {
    this.#ended = true
    this.#answer()
  }

  fail(error: Error): void {
    this.#ended = true
    this.#error = error
    this.#answer()
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#chunks.length > 0) return Promise.resolve({ done: false, value: this.#take() })
    if (this.#error !== undefined) return Promise.reject(this.#takeError(this.#error))
    if (this.#ended) return Promise.resolve(END)
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  /** Ends reading; a body that has not arrived whole closes its connection, so that the sender stops. */
  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#chunks = []
    if (!this.#ended) {
      this.#ended = true
      this.#source.abort(new Error('the reader left'))
    }
    this.#error = undefined
    this.#answer()
    return END
  }

  /** The whole body as text, where all of it is here and not read yet: most answers that are no streams. */
  takeText(): string | undefined {
    if (!this.#ended || this.#error !== undefined || this.#chunks.length === 0) return undefined
    return textOf(this.#take())
  }

  /** The whole body as text. Rejects with RangeError past `limit` bytes, and then closes the connection. */
  async text(limit = 64 * 1024 * 1024): Promise<string> {
    const chunks: Uint8Array[] = []
    let size = 0
    for (let step = await this.next(); step.done !== true; step = await this.next()) {
      chunks.push(step.value)
      size += step.value.byteLength
      if (size > limit) {
        await this.return()
        throw new RangeError(`the body is larger than ${limit} bytes`)
      }
    }
    return Buffer.concat(chunks, size).toString('utf8')
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Tells a read that waits what there is. */
  readonly #answer = (): void => {
    const waiting = this.#waiting
    if (waiting === undefined) return
    this.#waiting = undefined
    if (this.#chunks.length > 0) waiting.resolve({ done: false, value: this.#take() })
    else if (this.#error !== undefined) waiting.reject(this.#takeError(this.#error))
    else waiting.resolve(END)
  }

  /** All that is here, as one chunk; a sender that had to wait may go on. */
  #take(): Uint8Array {
    const chunks = this.#chunks
    this.#chunks = []
    this.#held = 0
    if (this.#paused) {
      this.#paused = false
      this.#source.resume()
    }
    return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
  }

  /** A failure is told once. */
  #takeError(error: Error): Error {
    this.#error = undefined
    return error
  }
}

const END: IteratorResult<Uint8Array> = { done: true, value: undefined }

const textOf = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('utf8')
