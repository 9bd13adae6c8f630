import { EventBuilder } from '../../event-builder.ts'
import { ProviderError } from '../../errors.ts'
import type { Batch } from '../../events.ts'
import type { Warning } from '../../messages.ts'
import type { SseEvent } from '../../sse.ts'
import { isObject, textOf, type JsonObject } from './json.ts'
import { OPENAI_RESPONSES } from './name.ts'
import { outcomeOf } from './outcome.ts'
import { OutputReader } from './output-reader.ts'
import { readUsage } from './usage.ts'

export interface Reading {
  readonly provider: string
  /** The model that was asked for. */
  readonly model: string
  readonly warnings: readonly Warning[]
  /** The caller speaks this protocol too: it gets what has no words of ours while it happens, not with the next event. */
  readonly passes?: boolean
  readonly awaitsEncryptedThoughts: boolean
  /** Sorts an error object that stood inside an answer with status 200. */
  failure(error: JsonObject): ProviderError
  /** For an answer that is not what was asked for. */
  garbled(text: string): ProviderError
}

/** Tells one answer, streamed or whole, as events. */
export class AnswerDecoder {
  readonly #reading: Reading
  readonly #events = new EventBuilder()
  readonly #output: OutputReader
  /** Events since the last batch. */
  #frames: string[] = []
  #tail: JsonObject[] = []
  #started = false
  #failure: Error | undefined
  #done = false

  constructor(reading: Reading) {
    this.#reading = reading
    this.#output = new OutputReader(this.#events, reading.awaitsEncryptedThoughts)
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

  /** An answer in one piece. */
  addWhole(text: string): void {
    try {
      const response = this.#parse(text)
      if (isObject(response['error'])) throw this.#reading.failure({ error: response['error'] })
      if (!Array.isArray(response['output'])) throw this.#reading.garbled(text)
      this.#begin(response)
      this.#finish(response, response, 'completed')
    } catch (error) {
      this.#failure = error as Error
    }
  }

  /** The connection has ended. */
  end(): void {
    if (!this.#done) this.#failure ??= this.#broken()
  }

  /** What has become known since the last call, or undefined when that is nothing. */
  take(): Batch | undefined {
    const events = this.#events.take()
    const frames = this.#frames
    const onlyPasses = events.length === 0
    if (onlyPasses && !(this.#reading.passes === true && frames.length > 0)) return undefined
    this.#frames = []
    return Object.assign(events, {
      wire: {
        protocol: OPENAI_RESPONSES,
        frames,
        ...(onlyPasses ? { unread: () => [] } : {}),
        ...(this.#done ? { tail: this.#tail } : {}),
      },
    })
  }

  #add(data: string): void {
    const event = this.#parse(data)
    const type = textOf(event['type']) ?? ''
    const response = isObject(event['response']) ? event['response'] : {}
    switch (type) {
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
      case 'response.cancelled':
        return this.#finish(event, response, type.slice('response.'.length))
      case 'error':
        throw this.#reading.failure({ error: isObject(event['error']) ? event['error'] : event })
      default:
        if (isObject(event['error'])) throw this.#reading.failure({ error: event['error'] })
    }
    this.#frames.push(data)
    this.#begin(response)
    this.#read(type, event)
  }

  #read(type: string, event: JsonObject): void {
    const output = this.#output
    switch (type) {
      case 'response.output_item.added':
        return isObject(event['item']) ? output.open(event['output_index'], event['item']) : undefined
      case 'response.output_item.done':
        return isObject(event['item']) ? output.done(event['output_index'], event['item']) : undefined
      case 'response.output_text.delta':
        return output.text(event, event['delta'])
      case 'response.output_text.done':
        return output.wholeText(event, event['text'])
      case 'response.refusal.delta':
        return output.text(event, event['delta'], true)
      case 'response.refusal.done':
        return output.wholeText(event, event['refusal'], true)
      case 'response.function_call_arguments.delta':
        return output.arguments(event)
      case 'response.function_call_arguments.done':
        return output.wholeArguments(event)
      case 'response.reasoning_summary_text.delta':
        return output.thought(event, 'summary')
      case 'response.reasoning_text.delta':
        return output.thought(event, 'content')
    }
  }

  #begin(response: JsonObject): void {
    if (this.#started) return
    this.#started = true
    const { model, warnings } = this.#reading
    const id = textOf(response['id'])
    const answered = textOf(response['model'])
    this.#events.start({
      ...(id === undefined ? {} : { responseId: id }),
      ...(answered === undefined || answered === model ? {} : { responseModel: answered }),
      ...(warnings.length === 0 ? {} : { warnings }),
    })
  }

  #finish(tail: JsonObject, response: JsonObject, status: string): void {
    const failed = outcomeOf(response, status, this.#output)
    if ('failed' in failed) throw this.#reading.failure(failed.failed)
    if ('pending' in failed) throw this.#unfinished(failed.pending)
    this.#begin(response)
    this.#output.finish(response['output'])
    this.#done = true
    this.#tail = [tail]
    const usage = readUsage(response['usage'])
    // Asked again: the last event may have told calls that no other event had.
    const outcome = outcomeOf(response, status, this.#output)
    if ('reason' in outcome) this.#events.finish({ ...outcome, ...(usage === undefined ? {} : { usage }) })
  }

  #parse(data: string): JsonObject {
    let event: unknown
    try {
      event = JSON.parse(data)
    } catch {
      // The parser's own words quote the text, and with it a key that the provider repeats.
    }
    if (isObject(event)) return event
    throw this.#reading.garbled(data)
  }

  #unfinished(status: string): ProviderError {
    const { provider, model } = this.#reading
    return new ProviderError('unsupported', `${provider} answers in the background; so far it is "${status}".`, {
      provider,
      model,
      hint: 'Ask without "background", or with "stream".',
    })
  }

  #broken(): ProviderError {
    const { provider, model } = this.#reading
    const message = `${provider} ended the answer before it was complete: it was cut.`
    return new ProviderError('network', message, { provider, model })
  }
}
