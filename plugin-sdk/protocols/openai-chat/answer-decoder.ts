import { ProviderError, type ErrorClass } from '../../errors.ts'
import { EventBuilder } from '../../event-builder.ts'
import type { Batch, FinishEvent, ProviderEvent, StartEvent, WireFrames } from '../../events.ts'
import type { Usage, Warning } from '../../messages.ts'
import type { OpenAIChatCompat } from './compat.ts'
import { ChunkTemplate } from './chunk-template.ts'
import { ContentReader } from './content-reader.ts'
import { failureOf, readFinishReason } from './finish-reason.ts'
import { isObject, objectsOf, parseJson, textOf, type JsonObject } from './json.ts'
import { OPENAI_CHAT } from './name.ts'
import { readUsage } from './usage.ts'

export interface Reading {
  readonly provider: string
  /** The model that was asked for. */
  readonly model: string
  readonly compat: OpenAIChatCompat
  readonly warnings: readonly Warning[]
  /** Sorts an error that stood inside an answer with status 200. */
  failure(body: string): ProviderError
  /** For an answer that cannot be read. */
  garbled(text: string): ProviderError
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** A chunk that may belong to the end of the answer. It joins the content when more content follows. */
interface Held {
  readonly data: string
  readonly chunk: JsonObject
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
  #unread: WireFrames['unread']

  constructor(reading: Reading) {
    this.#reading = reading
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

  /** An answer in one piece. `passes`: it goes on as it came, so that words alone need not be told unless somebody asks. */
  addWhole(text: string, passes = false): void {
    const answer = parseJson(text)
    if (!isObject(answer)) throw this.#reading.garbled(text)
    const [choice] = objectsOf(answer['choices'])
    if (isError(answer)) throw this.#reading.failure(text)
    if (choice === undefined) throw this.#broken('server', 'holds no choice.', undefined)
    if (choice['error']) throw this.#reading.failure(JSON.stringify({ error: choice['error'] }))
    this.#identify(answer)
    this.#count(answer, choice)
    this.#finishReason = textOf(choice['finish_reason'])
    const { message } = choice
    if (isObject(message)) {
      if (passes && isWordsAlone(message)) this.#unread = () => wordsOf(message)
      else this.#content.add(message)
    }
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

  #wire(frames: readonly string[]): WireFrames {
    if (!this.#finished) return { protocol: OPENAI_CHAT, frames }
    const tail = this.#held.map(({ chunk }) => chunk)
    if (this.#whole === undefined) return { protocol: OPENAI_CHAT, frames, tail }
    const whole = { protocol: OPENAI_CHAT, frames, tail, text: this.#whole }
    return this.#unread === undefined ? whole : { ...whole, unread: this.#unread }
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
    const { model, warnings } = this.#reading
    const start: Writable<Omit<StartEvent, 'type'>> = {}
    if (this.#id !== undefined) start.responseId = this.#id
    if (this.#model !== undefined && this.#model !== model) start.responseModel = this.#model
    if (warnings.length > 0) start.warnings = warnings
    this.#events.start(start)
  }

  /** Hosts that repeat the counts do so cumulatively: the last ones are right. */
  #count(chunk: JsonObject, choice: JsonObject | undefined): boolean {
    const groq = isObject(chunk['x_groq']) ? chunk['x_groq']['usage'] : undefined
    const usage = readUsage(chunk['usage'] ?? choice?.['usage'] ?? groq, this.#reading.compat)
    this.#usage = usage ?? this.#usage
    return usage !== undefined
  }

  #finish(sawDone: boolean): void {
    const { supportsFinishReason } = this.#reading.compat
    const isComplete =
      this.#finishReason !== undefined || (!supportsFinishReason && (sawDone || this.#usage !== undefined))
    if (isComplete) return this.#close()
    this.#failure = this.#broken('network', 'ended before the answer was complete.', 'truncated')
  }

  #close(): void {
    const raw = this.#finishReason
    const failed = failureOf(raw)
    if (failed !== undefined) {
      this.#failure = this.#broken(failed, `was given up: "${raw}".`, raw)
      return
    }
    this.#begin()
    this.#content.end()
    this.#finished = true
    const finish: Writable<Omit<FinishEvent, 'type'>> = {
      reason: readFinishReason(raw, this.#content.calledTool, this.#content.refused),
    }
    if (raw !== undefined) finish.rawReason = raw
    if (this.#usage !== undefined) finish.usage = this.#usage
    this.#events.finish(finish)
  }

  #broken(errorClass: ErrorClass, what: string, providerCode: string | undefined): ProviderError {
    const { provider, model } = this.#reading
    return new ProviderError(errorClass, `The answer of ${provider} ${what}`, {
      provider,
      model,
      ...(providerCode === undefined ? {} : { providerCode }),
      hint: 'What arrived is incomplete; ask again.',
    })
  }
}

/** How an answer ended can depend on what else a message holds. */
function isWordsAlone(message: JsonObject): boolean {
  if (typeof message['content'] !== 'string') return false
  for (const name in message) if (!SAYS_NOTHING_ELSE.has(name) && hasContent(message[name])) return false
  return true
}

const SAYS_NOTHING_ELSE: ReadonlySet<string> = new Set(['role', 'content'])

function wordsOf(message: JsonObject): readonly ProviderEvent[] {
  const events = new EventBuilder()
  const content = new ContentReader(events, () => undefined)
  content.add(message)
  content.end()
  return events.take()
}

const isError = (chunk: JsonObject): boolean =>
  hasContent(chunk['error']) ||
  chunk['object'] === 'error' ||
  (chunk['choices'] === undefined && (textOf(chunk['message']) ?? textOf(chunk['detail'])) !== undefined)

/** Nothing but a delta. */
const isPlain = (chunk: JsonObject, choice: JsonObject): boolean =>
  (choice['finish_reason'] ?? chunk['usage'] ?? choice['usage'] ?? chunk['x_groq'] ?? choice['error'] ?? undefined) ===
  undefined

const saysSomething = ({ delta }: JsonObject): boolean => {
  if (!isObject(delta)) return false
  for (const name in delta) if (name !== 'role' && hasContent(delta[name])) return true
  return false
}

const hasContent = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : isObject(value) ? Object.keys(value).length > 0 : Boolean(value)
