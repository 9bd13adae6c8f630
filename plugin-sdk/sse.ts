import { createParser } from 'eventsource-parser'

export interface SseEvent {
  readonly event: string | undefined
  readonly data: string
}

/**
 * Turns the bytes of a server-sent event stream into its events, all events of one chunk together. Feeding is
 * synchronous, and any split of the bytes gives the same events.
 */
export class SseReader {
  readonly #decoder = new TextDecoder()
  readonly #parser
  #events: SseEvent[] = []

  constructor() {
    this.#parser = createParser({
      onEvent: (event) => {
        this.#events.push({ event: event.event, data: event.data })
      },
    })
  }

  feed(chunk: Uint8Array): readonly SseEvent[] {
    this.#parser.feed(this.#decoder.decode(chunk, { stream: true }))
    return this.#take()
  }

  /** What a server that closed without the last blank line still meant to say. */
  end(): readonly SseEvent[] {
    this.#parser.feed(`${this.#decoder.decode()}\n\n`)
    return this.#take()
  }

  #take(): readonly SseEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }
}
