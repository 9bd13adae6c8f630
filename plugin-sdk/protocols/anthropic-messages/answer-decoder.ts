import { ProviderError } from '../../errors.ts'
import { EventBuilder } from '../../event-builder.ts'
import type { Batch } from '../../events.ts'
import type { Warning } from '../../messages.ts'
import type { SseEvent } from '../../sse.ts'
import { batchOf } from './batch.ts'
import { closeBlock, continueBlock, openBlock, type RunningBlock } from './block-reader.ts'
import { isObject, objectsOf, parseObject, textOf, type JsonObject } from './json.ts'
import { readStopReason } from './stop-reason.ts'
import { UsageReader } from './usage.ts'

export interface Reading {
  readonly provider: string
  /** The model that was asked for. */
  readonly model: string
  readonly warnings: readonly Warning[]
  /** The caller speaks this protocol too: it gets what has no words of ours while it happens, not with the next event. */
  readonly passes?: boolean
  /** Sorts an error object that stood inside an answer with status 200. */
  failure(error: JsonObject): ProviderError
  /** For text that is no answer of this protocol. */
  unreadable(text: string): ProviderError
}

/** Tells one answer, streamed or whole, as events. */
export class AnswerDecoder {
  readonly #reading: Reading
  readonly #events = new EventBuilder()
  readonly #blocks = new Map<unknown, RunningBlock>()
  readonly #usage = new UsageReader()
  /** Content events since the last batch. */
  #frames: string[] = []
  #tail: JsonObject[] = []
  #stopReason: string | undefined
  #started = false
  #hasContent = false
  #calledTool = false
  #failure: Error | undefined
  #done = false

  constructor(reading: Reading) {
    this.#reading = reading
  }

  /** Why the answer failed. What had arrived before is still to be taken. */
  get failure(): Error | undefined {
    return this.#failure
  }

  /** The answer is complete; everything after it is ignored. */
  get done(): boolean {
    return this.#done
  }

  addEvents(events: readonly SseEvent[]): void {
    try {
      for (const { data } of events) {
        if (this.#done || this.#failure !== undefined) return
        if (data !== '' && data !== '[DONE]') this.#add(data)
      }
    } catch (error) {
      this.#failure = error as Error
    }
  }

  /** Takes the text of an answer in one piece. */
  addWhole(text: string): void {
    const answer = this.#parse(text)
    if (isObject(answer['error'])) throw this.#reading.failure(answer)
    if (!Array.isArray(answer['content'])) throw this.#reading.unreadable(text)
    this.#begin(answer)
    this.#tail.push(answer)
    this.#finish()
  }

  /**
   * The connection has ended. The answer has failed when it had not: a stream is complete when the provider gave a stop
   * reason or a `message_stop`.
   */
  end(): void {
    if (this.#done) return
    if (this.#stopReason === undefined) this.#failure = this.#broken('ended the answer before it was complete')
    else this.#finish()
  }

  /** What has become known since the last call, or undefined when that is nothing. */
  take(): Batch | undefined {
    const events = this.#events.take()
    const frames = this.#frames
    const onlyPasses = events.length === 0
    if (onlyPasses && !(this.#reading.passes === true && this.#started && frames.length > 0)) return undefined
    this.#frames = []
    return batchOf(events, {
      frames,
      ...(onlyPasses ? { unread: () => [] } : {}),
      ...(this.#done ? { tail: this.#tail } : {}),
    })
  }

  #add(data: string): void {
    const event = this.#parse(data)
    switch (event['type']) {
      case 'message_start':
        return this.#start(event['message'], data)
      case 'content_block_start':
        this.#frames.push(data)
        if (isObject(event['content_block'])) this.#open(event['index'], event['content_block'])
        return
      case 'content_block_delta': {
        this.#frames.push(data)
        const running = this.#blocks.get(event['index'])
        if (running !== undefined && isObject(event['delta'])) continueBlock(this.#events, running, event['delta'])
        return
      }
      case 'content_block_stop':
        this.#frames.push(data)
        return this.#close(event['index'])
      case 'message_delta':
        this.#tail.push(event)
        this.#usage.add(event['usage'])
        if (isObject(event['delta'])) this.#stopReason = textOf(event['delta']['stop_reason']) ?? this.#stopReason
        return
      case 'message_stop':
        this.#tail.push(event)
        return this.#finish()
      case 'ping':
        return
      default:
        if (isObject(event['error'])) this.#failure = this.#reading.failure(event)
        else this.#frames.push(data)
    }
  }

  #start(message: unknown, data: string): void {
    if (!isObject(message)) throw this.#reading.unreadable(data)
    if (!this.#started) {
      this.#frames.push(data)
      return this.#begin(message)
    }
    // Some proxies open an answer twice. One that begins again behind its first words was cut and patched.
    if (this.#hasContent) throw this.#broken('began the answer a second time')
    this.#usage.add(message['usage'])
  }

  #begin(message: JsonObject): void {
    this.#started = true
    const { model, warnings } = this.#reading
    const id = textOf(message['id'])
    const answered = textOf(message['model'])
    this.#events.start({
      ...(id === undefined ? {} : { responseId: id }),
      ...(answered === undefined || answered === model ? {} : { responseModel: answered }),
      ...(warnings.length === 0 ? {} : { warnings }),
    })
    this.#usage.add(message['usage'])
    this.#stopReason = textOf(message['stop_reason'])
    for (const block of objectsOf(message['content'])) {
      this.#open(undefined, block)
      this.#close(undefined)
    }
  }

  #open(index: unknown, start: JsonObject): void {
    const running = openBlock(this.#events, start)
    this.#hasContent = true
    if (running.kind === 'tool') this.#calledTool = true
    this.#blocks.set(index, running)
  }

  #close(index: unknown): void {
    const running = this.#blocks.get(index)
    if (running !== undefined) closeBlock(this.#events, running)
    this.#blocks.delete(index)
  }

  #finish(): void {
    this.#done = true
    for (const running of this.#blocks.values()) closeBlock(this.#events, running)
    const raw = this.#stopReason
    const usage = this.#usage.read()
    this.#events.finish({
      reason: readStopReason(raw, this.#calledTool),
      ...(raw === undefined ? {} : { rawReason: raw }),
      ...(usage === undefined ? {} : { usage }),
    })
  }

  #parse(data: string): JsonObject {
    const event = parseObject(data)
    if (event === undefined) throw this.#reading.unreadable(data)
    return event
  }

  #broken(what: string): ProviderError {
    const { provider, model } = this.#reading
    return new ProviderError('network', `${provider} ${what}: it was cut.`, { provider, model })
  }
}
