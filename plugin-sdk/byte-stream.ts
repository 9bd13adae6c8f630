/** What the stream needs of the connection that feeds it. */
export interface Source {
  pause(): void
  resume(): void
  abort(reason: Error): void
}

/** Chunks held before the connection is told to wait. A slow reader then slows the sender, not our memory. */
const HIGH_WATER_CHUNKS = 16

interface Waiting {
  resolve(step: IteratorResult<Uint8Array>): void
  reject(error: unknown): void
}

/** A response body: pushed into by the connection, pulled out of by one reader, with back-pressure in between. */
export class ByteStream implements AsyncIterableIterator<Uint8Array> {
  readonly #source: Source
  readonly #chunks: Uint8Array[] = []
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
    if (this.#waiting !== undefined) {
      const waiting = this.#waiting
      this.#waiting = undefined
      waiting.resolve({ done: false, value: chunk })
      return
    }
    this.#chunks.push(chunk)
    if (!this.#paused && this.#chunks.length >= HIGH_WATER_CHUNKS) {
      this.#paused = true
      this.#source.pause()
    }
  }

  end(): void {
    this.#ended = true
    this.#waiting?.resolve({ done: true, value: undefined })
    this.#waiting = undefined
  }

  fail(error: Error): void {
    this.#ended = true
    this.#error = error
    if (this.#waiting === undefined) return
    this.#error = undefined
    this.#waiting.reject(error)
    this.#waiting = undefined
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = this.#chunks.shift()
    if (chunk !== undefined) {
      if (this.#chunks.length === 0) this.#resume()
      return Promise.resolve({ done: false, value: chunk })
    }
    if (this.#error !== undefined) {
      const error = this.#error
      this.#error = undefined
      return Promise.reject(error)
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  /** Ends reading; a body that has not arrived whole closes its connection, so that the sender stops. */
  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#chunks.length = 0
    if (!this.#ended) {
      this.#ended = true
      this.#source.abort(new Error('the reader left'))
    }
    this.#waiting?.resolve({ done: true, value: undefined })
    this.#waiting = undefined
    this.#error = undefined
    return { done: true, value: undefined }
  }

  /** The whole body as text, where it came in one piece and is not read yet: most answers that are no streams. */
  takeText(): string | undefined {
    const [only] = this.#chunks
    if (!this.#ended || this.#error !== undefined || only === undefined || this.#chunks.length > 1) return undefined
    this.#chunks.length = 0
    return textOf(only)
  }

  /** The whole body as text. Rejects with RangeError past `limit` bytes, and then closes the connection. */
  async text(limit = 64 * 1024 * 1024): Promise<string> {
    const chunks: Uint8Array[] = []
    let size = 0
    for (let step = await this.next(); step.done !== true; step = await this.next()) {
      chunks.push(step.value, ...this.#chunks.splice(0))
      this.#resume()
      size = chunks.reduce((sum, { length }) => sum + length, 0)
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

  /** All that had come is taken: a sender that had to wait may go on. */
  #resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#source.resume()
  }
}

const textOf = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('utf8')
