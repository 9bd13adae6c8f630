import type { ProviderError } from '../../errors.ts'
import { EventBuilder } from '../../event-builder.ts'
import type { Batch, WireFrames } from '../../events.ts'
import type { Usage } from '../../messages.ts'
import { ChunkTemplate } from './chunk-template.ts'
import { ContentReader } from './content-reader.ts'
import { failureOf, readFinishReason } from './finish-reason.ts'
import { isObject, objectsOf, parseJson, textOf, type JsonObject } from './json.ts'
import { OPENAI_CHAT } from './name.ts'
import { broken, finishOf, hasContent, isError, startOf, usageIn, type Reading } from './reading.ts'

/** A chunk that may belong to the end of the answer. It joins the content when more content follows. */
interface Held {
  readonly data: string
  readonly chunk: JsonObject
}

/** An answer's own id and model. */
export interface Identity {
  readonly id: string | undefined
  readonly model: string | undefined
}

/** Tells one answer, streamed or whole, as events. Choice 0 is told; the frames keep the others too. */
export class AnswerDecoder {
  readonly #reading: Reading
  readonly #events = new EventBuilder()
  readonly #content = new ContentReader(this.#events, () => this.#begin())
  readonly #template = new ChunkTemplate()
  #frames: string[] = []
  #held: Held[] = []
  #began = false
  #id: string | undefined
  #model: string | undefined
  #finishReason: string | undefined
  #usage: Usage | undefined
  #failure: ProviderError | undefined
  #finished = false
  #whole: string | undefined

  /** `identity` is set where chunks before those that it gets have told it. */
  constructor(reading: Reading, identity?: Identity) {
    this.#reading = reading
    this.#id = identity?.id
    this.#model = identity?.model
  }

  /** Set when the provider reported an error. What had arrived before it is still to be taken. */
  get failure(): ProviderError | undefined {
    return this.#failure
  }

  /** The finish event is among the events. */
  get finished(): boolean {
    return this.#finished
  }

  /** Takes one server-sent event. */
  add(data: string, event?: string): void {
    if (this.#finished || this.#failure !== undefined || data === '') return
    if (event === undefined && this.#held.length === 0) {
      const text = this.#template.read(data)
      if (text !== undefined) {
        this.#frames.push(data)
        return this.#content.addText(this.#template.field, text)
      }
    }
    if (data === '[DONE]') return this.#finish(true)
    const chunk = parseJson(data)
    if (!isObject(chunk)) {
      this.#failure = this.#reading.garbled(data)
      return
    }
    if (event === 'error' || isError(chunk)) return this.#fail(data)

    const choices = chunk['choices']
    const choice: unknown = Array.isArray(choices) && choices.length === 1 ? choices[0] : undefined
    if (isObject(choice) && isPlain(chunk, choice) && this.#held.length === 0) {
      this.#frames.push(data)
      if (!this.#began) this.#identify(chunk)
      const delta = choice['delta']
      if (choice['index'] || !isObject(delta)) return
      this.#content.add(delta)
      this.#template.learn(data, delta)
    } else this.#addSpecial(chunk, objectsOf(choices), data)
  }

  /** Takes an event that the connection's end may have cut. */
  addLast(data: string, event?: string): void {
    if (data === '[DONE]' || isObject(parseJson(data))) this.add(data, event)
  }

  /** Takes an answer in one piece; `answer` is what `text` says. */
  addWhole(text: string, answer: JsonObject): void {
    const [choice] = objectsOf(answer['choices'])
    if (isError(answer)) throw this.#reading.failure(text)
    if (choice === undefined) throw broken(this.#reading, 'server', 'holds no choice.')
    if (choice['error']) throw this.#reading.failure(JSON.stringify({ error: choice['error'] }))
    this.#identify(answer)
    this.#count(answer, choice)
    this.#finishReason = textOf(choice['finish_reason'])
    if (isObject(choice['message'])) this.#content.add(choice['message'])
    this.#held.push({ data: text, chunk: answer })
    this.#whole = text
    this.#close()
    if (this.#failure !== undefined) throw this.#failure
  }

  /** The connection has ended; an answer that had not is then a failure. */
  end(): void {
    if (!this.#finished && this.#failure === undefined) this.#finish(false)
  }

  /** What has become known since the last call, or undefined when that is nothing. */
  take(): Batch | undefined {
    const events = this.#events.take()
    if (events.length === 0) return undefined
    const frames = this.#frames
    this.#frames = []
    return Object.assign(events, { wire: this.#wire(frames) })
  }

  /** Payloads that no event stands for yet, in a batch without events. */
  takeFrames(): Batch | undefined {
    if (this.#frames.length === 0) return undefined
    const frames = this.#frames
    this.#frames = []
    return Object.assign([], { wire: this.#wire(frames) })
  }

  #wire(frames: readonly string[]): WireFrames {
    if (!this.#finished) return { protocol: OPENAI_CHAT, frames }
    const tail = this.#held.map(({ chunk }) => chunk)
    if (this.#whole === undefined) return { protocol: OPENAI_CHAT, frames, tail }
    return { protocol: OPENAI_CHAT, frames, tail, text: this.#whole }
  }

  /** Everything but the plain delta: other choices, token counts, the end, and what comes after it. */
  #addSpecial(chunk: JsonObject, choices: readonly JsonObject[], data: string): void {
    const failed = choices.find((choice) => choice['error'])
    if (failed !== undefined) return this.#fail(JSON.stringify({ error: failed['error'] }))
    if (!this.#began) this.#identify(chunk)
    const told = choices.find((choice) => !choice['index'])
    const hasCounts = this.#count(chunk, told)
    const saysMore = choices.some(saysSomething)
    if (saysMore) this.#release()
    const ends = choices.some((choice) => textOf(choice['finish_reason']) !== undefined)
    if (ends || (!saysMore && (hasCounts || this.#held.length > 0))) this.#held.push({ data, chunk })
    else this.#frames.push(data)
    if (told === undefined) return
    this.#finishReason = textOf(told['finish_reason']) ?? this.#finishReason
    if (isObject(told['delta'])) this.#content.add(told['delta'])
  }

  /** What looked like the end was not: each of several choices has its own. */
  #release(): void {
    for (const { data } of this.#held) this.#frames.push(data)
    this.#held = []
  }

  #fail(body: string): void {
    this.#failure = this.#reading.failure(body)
  }

  #identify(chunk: JsonObject): void {
    this.#id ??= textOf(chunk['id'])
    this.#model ??= textOf(chunk['model'])
  }

  /** Told with the first content, not before: until then another provider can still be tried. */
  #begin(): void {
    if (this.#began) return
    this.#began = true
    this.#events.start(startOf(this.#id, this.#model, this.#reading))
  }

  /** Hosts that repeat the counts do so cumulatively: the last ones are right. */
  #count(chunk: JsonObject, choice: JsonObject | undefined): boolean {
    const usage = usageIn(chunk, choice, this.#reading.compat)
    this.#usage = usage ?? this.#usage
    return usage !== undefined
  }

  #finish(sawDone: boolean): void {
    const { supportsFinishReason } = this.#reading.compat
    const isComplete =
      this.#finishReason !== undefined || (!supportsFinishReason && (sawDone || this.#usage !== undefined))
    if (isComplete) return this.#close()
    this.#failure = broken(this.#reading, 'network', 'ended before the answer was complete.', 'truncated')
  }

  #close(): void {
    const raw = this.#finishReason
    const failed = failureOf(raw)
    if (failed !== undefined) {
      this.#failure = broken(this.#reading, failed, `was given up: "${raw}".`, raw)
      return
    }
    this.#begin()
    this.#content.end()
    this.#finished = true
    const reason = readFinishReason(raw, this.#content.calledTool, this.#content.refused)
    this.#events.finish(finishOf(reason, raw, this.#usage))
  }
}

/** Nothing but a delta. */
const isPlain = (chunk: JsonObject, choice: JsonObject): boolean =>
  (choice['finish_reason'] ?? chunk['usage'] ?? choice['usage'] ?? chunk['x_groq'] ?? choice['error'] ?? undefined) ===
  undefined

const saysSomething = ({ delta }: JsonObject): boolean => {
  if (!isObject(delta)) return false
  for (const name in delta) if (name !== 'role' && hasContent(delta[name])) return true
  return false
}
