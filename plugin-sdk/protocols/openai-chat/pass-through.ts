import type { Batch, ProviderEvent, WireFrames } from '../../events.ts'
import type { ProviderError } from '../../errors.ts'
import { AnswerDecoder } from './answer-decoder.ts'
import { EveryEvent, type ChunkReader } from './chunk-reader.ts'
import { isObject, parseJson } from './json.ts'
import { OPENAI_CHAT } from './name.ts'
import { Opening } from './opening.ts'
import { OrdinaryEvent } from './ordinary-event.ts'
import type { Reading } from './reading.ts'

const NEWLINE = 10
const COLON = 58
const RETURN = 13
const LONGEST = 1024 * 1024
const EMPTY = Buffer.alloc(0)
const EVENT_END = Buffer.from('\n\n')
const DATA = 'data:'
const NO_FRAMES: WireFrames = { protocol: OPENAI_CHAT, frames: [] }

/**
 * A stream on its way to a client of the same protocol: its ordinary events pass as the bytes they came in, and only from
 * the first one that says more (how the answer ended, what it cost, an error) are they decoded. Whoever wants to know what
 * passed can still read it.
 */
export class PassThrough implements ChunkReader {
  readonly #reading: Reading
  /** Decodes what has passed when somebody asks, and the beginning when the first content is more than words. */
  #passed: EveryEvent | undefined
  /** Decodes the end of the answer. */
  #closing: EveryEvent | undefined
  readonly #opening: Opening
  #carry: Buffer = EMPTY
  /** What came before the first content. Until that is here, another provider can still be tried. */
  #lead: Buffer = EMPTY
  /** How much of it is decoded. */
  #leadRead = 0
  /** Bytes of the end that no event stands for yet. */
  #owed: Buffer = EMPTY
  readonly #ordinary = new OrdinaryEvent()
  #knows = false
  #closes = false
  #began = false
  #ended = false

  constructor(reading: Reading) {
    this.#reading = reading
    this.#opening = new Opening(reading)
  }

  get failure(): ProviderError | undefined {
    return this.#closing?.failure
  }

  get finished(): boolean {
    return this.#closing?.finished === true
  }

  feed(chunk: Uint8Array): Batch | undefined {
    if (this.#closes) return this.#close(asBuffer(chunk), EMPTY)
    const bytes = this.#carry.length === 0 ? asBuffer(chunk) : Buffer.concat([this.#carry, chunk])
    const { ordinary, whole } = this.#survey(bytes)
    const passing = part(bytes, 0, ordinary)
    const rest = part(bytes, whole, bytes.length)
    this.#closes = ordinary < whole || isForeign(rest)
    this.#carry = this.#closes ? EMPTY : rest
    return this.#closes
      ? this.#close(part(bytes, ordinary, bytes.length), passing)
      : this.#tell(undefined, EMPTY, passing)
  }

  end(): Batch | undefined {
    this.#ended = true
    return this.#tell(this.#closer().end(this.#carry), this.#carry, EMPTY)
  }

  /** How far whole events reach, and how far ordinary ones and comments do. */
  #survey(bytes: Buffer): { ordinary: number; whole: number } {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    let whole = 0
    let ordinary = -1
    for (;;) {
      // Until the first content is known, each event is looked at.
      if (ordinary === -1 && this.#opening.isOver) whole = this.#ordinary.endOfWords(view, whole)
      const end = whole === bytes.length ? -1 : bytes.indexOf(EVENT_END, whole)
      if (end === -1) return { ordinary: ordinary === -1 ? whole : ordinary, whole }
      if (ordinary === -1 && !this.#isOrdinary(bytes, whole, end)) ordinary = whole
      whole = end + EVENT_END.length
    }
  }

  #isOrdinary(bytes: Buffer, start: number, end: number): boolean {
    // Several lines, or line ends of another kind among them: more than an event perhaps.
    if (bytes.indexOf(NEWLINE, start) < end) return false
    if (bytes[start] === COLON) return true
    if (this.#knows && !this.#ordinary.isAt(bytes, start, end)) return false
    if (this.#opening.isOver) return true
    const event = bytes.toString('utf8', start, end).trimEnd()
    if (this.#knows && this.#ordinary.addsWords(event)) {
      this.#opening.addWords()
      return true
    }
    const chunk = event.startsWith(DATA) ? parseJson(event.slice(DATA.length)) : undefined
    if (!isObject(chunk)) return false
    this.#knows ||= this.#ordinary.learn(event, chunk)
    if (this.#knows) this.#opening.add(chunk)
    return this.#knows
  }

  #close(bytes: Buffer, passing: Buffer): Batch | undefined {
    return this.#tell(this.#closer().feed(bytes), bytes, passing)
  }

  /** `passing` goes on as it is; `told` is what the end's `bytes` say. */
  #tell(told: Batch | undefined, bytes: Buffer, passing: Buffer): Batch | undefined {
    if (!this.#began) return this.#begin(told, bytes, passing)
    // Whose beginning has passed, like that of a tool call, the end's decoder has no event for.
    const batch = told ?? this.#closing?.takeFrames()
    const untold = join(this.#owed, passing, bytes)
    this.#owed = EMPTY
    if (batch !== undefined || passing.length > 0) return this.#batch([], batch, passing, untold)
    this.#owed = untold
    return undefined
  }

  #begin(told: Batch | undefined, bytes: Buffer, passing: Buffer): Batch | undefined {
    const lead = join(this.#lead, passing)
    const opening = this.#open(lead)
    const owed = join(this.#owed, bytes)
    this.#began = opening !== undefined || told !== undefined
    this.#lead = this.#began ? EMPTY : lead
    this.#owed = this.#began ? EMPTY : owed
    if (!this.#began) return undefined
    const start = opening ?? told?.filter(({ type }) => type === 'start') ?? []
    return this.#batch(start, told ?? this.#closing?.takeFrames(), lead, join(lead.subarray(this.#leadRead), owed))
  }

  /** The first content, or undefined while there is none. */
  #open(lead: Buffer): readonly ProviderEvent[] | undefined {
    const { start, isUnclear } = this.#opening
    if (start !== undefined) return [start]
    let opening: Batch | undefined
    // One event after the other, but no more than it takes.
    while (isUnclear && opening === undefined && this.#leadRead < lead.length) {
      const end = lead.indexOf(EVENT_END, this.#leadRead) + EVENT_END.length
      opening = this.#passedDecoder().feed(lead.subarray(this.#leadRead, end))
      this.#leadRead = end
    }
    return opening
  }

  /** `told` is decoded already; the events of `untold` are not. */
  #batch(told: readonly ProviderEvent[], batch: Batch | undefined, passing: Buffer, untold: Buffer): Batch {
    const [start] = told
    const finish = batch?.at(-1)
    const isLast = finish?.type === 'finish'
    const events: ProviderEvent[] & { wire?: WireFrames } = []
    if (start?.type === 'start') events.push(start)
    if (isLast) events.push(finish)
    let read: readonly ProviderEvent[] | undefined
    const isEnd = isLast || this.#ended
    const unread = (): readonly ProviderEvent[] => (read ??= [...content(told), ...this.#decode(untold, isEnd)])
    const wire = batch?.wire ?? NO_FRAMES
    events.wire = passing.length === 0 ? { ...wire, unread } : { ...wire, bytes: passing, unread }
    return events
  }

  /** Of the last piece, an event without its last line break is an event too. */
  #decode(bytes: Buffer, isLast: boolean): readonly ProviderEvent[] {
    const passed = this.#passedDecoder()
    const read = content(passed.feed(bytes))
    return isLast ? [...read, ...content(passed.end())] : read
  }

  #passedDecoder(): EveryEvent {
    return (this.#passed ??= new EveryEvent(new AnswerDecoder(this.#reading)))
  }

  #closer(): EveryEvent {
    return (this.#closing ??= new EveryEvent(new AnswerDecoder(this.#reading, this.#opening)))
  }
}

/** How an answer began and ended is told apart from what it says. */
const content = (batch: readonly ProviderEvent[] = []): readonly ProviderEvent[] =>
  batch.filter(({ type }) => type !== 'start' && type !== 'finish')

/** Line ends that this does not look for, or an event that never ends: decoding copes with both. */
function isForeign(bytes: Buffer): boolean {
  if (bytes.length === 0) return false
  const end = bytes.indexOf(NEWLINE)
  return bytes.length > LONGEST || (end > 0 && bytes[end - 1] === RETURN)
}

/** Most chunks hold whole events and nothing else, of which nothing need be cut. */
function part(bytes: Buffer, from: number, to: number): Buffer {
  if (from === to) return EMPTY
  return from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to)
}

const join = (...parts: readonly Buffer[]): Buffer => parts.reduce(joined, EMPTY)

/** Neighbours are joined where they lie: a large chunk that was only looked at need not be copied. */
function joined(a: Buffer, b: Buffer): Buffer {
  if (a.length === 0) return b
  if (b.length === 0) return a
  return a.buffer === b.buffer && a.byteOffset + a.length === b.byteOffset
    ? Buffer.from(a.buffer, a.byteOffset, a.length + b.length)
    : Buffer.concat([a, b])
}

const asBuffer = (chunk: Uint8Array): Buffer =>
  Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
