import { ByteStream } from '@plugboard/sdk'

/** A body that arrives as it is read: each read gets the next of these chunks, however many of them are there. */
export class Arriving extends ByteStream {
  readonly #chunks: Iterator<Uint8Array>

  constructor(chunks: readonly Uint8Array[]) {
    super({ pause() {}, resume() {}, abort() {} })
    this.#chunks = chunks.values()
  }

  override next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = this.#chunks.next()
    if (chunk.done === true) this.end()
    else this.push(chunk.value)
    return super.next()
  }
}
