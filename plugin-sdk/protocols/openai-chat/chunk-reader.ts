import type { Batch } from '../../events.ts'
import type { ProviderError } from '../../errors.ts'
import { SseReader } from '../../sse.ts'
import type { AnswerDecoder } from './answer-decoder.ts'

/** Makes batches of a stream's network chunks. */
export interface ChunkReader {
  /** Set when the provider reported an error. What had arrived before it was told. */
  readonly failure: ProviderError | undefined
  /** The finish event was told. */
  readonly finished: boolean
  /** What a chunk told; undefined when that is nothing yet. */
  feed(chunk: Uint8Array): Batch | undefined
  /** The connection has ended. */
  end(): Batch | undefined
}

/** Decodes every event. */
export class EveryEvent implements ChunkReader {
  readonly #decoder: AnswerDecoder
  /** Made when events come: not every answer is read, nor is every one a stream. */
  #sse: SseReader | undefined

  constructor(decoder: AnswerDecoder) {
    this.#decoder = decoder
  }

  get failure(): ProviderError | undefined {
    return this.#decoder.failure
  }

  get finished(): boolean {
    return this.#decoder.finished
  }

  feed(chunk: Uint8Array): Batch | undefined {
    this.#add(chunk)
    return this.#decoder.take()
  }

  /** Payloads that no event stands for yet, in a batch without events. */
  takeFrames(): Batch | undefined {
    return this.#decoder.takeFrames()
  }

  /** `rest` came before the connection ended. */
  end(rest?: Uint8Array): Batch | undefined {
    if (rest !== undefined) this.#add(rest)
    for (const { data, event } of this.#sse?.end() ?? []) this.#decoder.addLast(data, event)
    this.#decoder.end()
    return this.#decoder.take()
  }

  #add(chunk: Uint8Array): void {
    this.#sse ??= new SseReader()
    for (const { data, event } of this.#sse.feed(chunk)) this.#decoder.add(data, event)
  }
}
