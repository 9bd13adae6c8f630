import type { AssistantMessage, Batch, Model, ProviderEvent, StreamEvent } from '@plugboard/sdk'
import { answerOf } from '../../pipeline/answer.ts'
import { llmErrorOf } from '../../pipeline/call-error.ts'
import type { Reply } from '../../pipeline/compose.ts'
import type { RunningCall } from '../../pipeline/engine.ts'

/**
 * One answer as it arrives. Reading never throws and `result()` never rejects: a failure is the last event, `error`, and
 * stands on the message. Several readers each see every event. Leaving a loop early stops the provider, unless somebody
 * else still reads or waits for the result.
 */
export class AnswerStream implements AsyncIterable<StreamEvent> {
  readonly #running: RunningCall
  readonly #now: () => number
  readonly #events: StreamEvent[] = []
  #reply: Reply | undefined
  #pulling: Promise<void> | undefined
  #message: AssistantMessage | undefined
  #readers = 0

  constructor(running: RunningCall, now: () => number) {
    this.#running = running
    this.#now = now
    // The call begins at once, whether or not anybody reads; its failure is told to whoever does.
    running.reply.catch(() => undefined)
  }

  /** The id under which the call stands in the ledger. */
  get id(): string {
    return this.#running.call.id
  }

  /** The model that answers; undefined until one was chosen. */
  get model(): Model | undefined {
    return this.#running.call.facts.target
  }

  /** Stops the provider. The answer ends with an `error` event, reason `aborted`. */
  abort(reason?: unknown): void {
    this.#running.call.stop(reason ?? 'aborted by the caller')
  }

  /** The whole message, whatever became of it; look at its `stopReason`. */
  async result(): Promise<AssistantMessage> {
    this.#readers++
    while (this.#message === undefined) await this.#pull()
    return this.#message
  }

  [Symbol.asyncIterator](): AsyncIterator<StreamEvent> {
    this.#readers++
    let at = 0
    return {
      next: async () => {
        while (at >= this.#events.length && this.#message === undefined) await this.#pull()
        const event = this.#events[at++]
        return event === undefined ? { done: true, value: undefined } : { done: false, value: event }
      },
      return: async () => {
        if (--this.#readers === 0 && this.#message === undefined) {
          this.abort()
          while (this.#message === undefined) await this.#pull()
        }
        return { done: true, value: undefined }
      },
    }
  }

  /** One read at a time, whoever asks. */
  #pull(): Promise<void> {
    return (this.#pulling ??= this.#step().finally(() => {
      this.#pulling = undefined
    }))
  }

  async #step(): Promise<void> {
    try {
      this.#reply ??= await this.#running.reply
      const step = await this.#reply.batches.next()
      if (step.done !== true) this.#take(step.value)
    } catch (error) {
      this.#fail(error)
    }
  }

  #take(batch: Batch): void {
    for (const event of batch) {
      if (event.type === 'finish') this.#finish(event)
      else this.#events.push(event)
    }
  }

  #finish({ reason }: Extract<ProviderEvent, { type: 'finish' }>): void {
    this.#message = answerOf(this.#running.call, { stopReason: reason, timestamp: this.#now() })
    this.#events.push({ type: 'done', reason, message: this.#message })
  }

  #fail(cause: unknown): void {
    const error = llmErrorOf(cause, this.#running.call)
    const reason = error.class === 'aborted' ? 'aborted' : 'error'
    this.#message = answerOf(this.#running.call, { stopReason: reason, error, timestamp: this.#now() })
    if (this.#events.length === 0) this.#events.push({ type: 'start' })
    this.#events.push({ type: 'error', reason, error, message: this.#message })
  }
}
