import type { Batch, ProviderEvent, WireFrames } from '../../events.ts'
import type { ProviderError } from '../../errors.ts'
import type { Warning } from '../../messages.ts'
import type { AnswerDecoder } from './answer-decoder.ts'
import { EveryEvent, type ChunkReader } from './chunk-reader.ts'
import { OPENAI_CHAT } from './name.ts'
import { OrdinaryEvent } from './ordinary-event.ts'

const NEWLINE = 10
const COLON = 58
const RETURN = 13
const LONGEST_LINE = 1024 * 1024
const EMPTY = Buffer.alloc(0)
/**
 * A stream on its way to a client of the same protocol: its ordinary events pass as the bytes they came in, and only from
 * the first one that says more (how the answer ended, what it cost, an error) are they decoded. Whoever wants to know what
 * passed can still read it.
 */
export class PassThrough implements ChunkReader {
  readonly #warnings: readonly Warning[]
  /** Decodes what has passed, when somebody asks. */
  readonly #passed: EveryEvent
  /** Decodes the end of the answer. */
  readonly #closing: EveryEvent
  #carry: Buffer = EMPTY
  /** Bytes of the end that no event stands for yet. */
  #owed: Buffer = EMPTY
  readonly #ordinary = new OrdinaryEvent()
  #knows = false
  #closes = false
  #began = false

  constructor(decoder: () => AnswerDecoder, warnings: readonly Warning[]) {
    this.#warnings = warnings
    this.#passed = new EveryEvent(decoder())
    this.#closing = new EveryEvent(decoder())
  }

  get failure(): ProviderError | undefined {
    return this.#closing.failure
  }

  get finished(): boolean {
    return this.#closing.finished
  }

  feed(chunk: Uint8Array): Batch | undefined {
    if (this.#closes) return this.#close(asBuffer(chunk), EMPTY)
    const bytes = this.#carry.length === 0 ? asBuffer(chunk) : Buffer.concat([this.#carry, chunk])
    const { ordinary, whole } = this.#survey(bytes)
    const passing = bytes.subarray(0, ordinary)
    this.#closes = ordinary < whole || isForeign(bytes)
    this.#carry = this.#closes ? EMPTY : bytes.subarray(whole)
    return this.#closes ? this.#close(bytes.subarray(ordinary), passing) : this.#pass(passing)
  }

  end(): Batch | undefined {
    const left = this.#closing.feed(this.#carry)
    return this.#tell(this.#closing.end() ?? left, this.#carry, EMPTY)
  }

  /** How far whole events reach, and how far ordinary ones and comments do. */
  #survey(bytes: Buffer): { ordinary: number; whole: number } {
    let whole = 0
    let ordinary = -1
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, end + 1)) {
      if (bytes[end + 1] !== NEWLINE) continue
      if (ordinary === -1 && bytes[whole] !== COLON && !this.#isOrdinary(bytes, whole, end)) ordinary = whole
      end++
      whole = end + 1
    }
    return { ordinary: ordinary === -1 ? whole : ordinary, whole }
  }

  #isOrdinary(bytes: Buffer, start: number, end: number): boolean {
    if (this.#knows) return this.#ordinary.endsAt(bytes, end)
    this.#knows = this.#ordinary.learn(bytes.toString('utf8', start, end))
    return this.#knows
  }

  #pass(passing: Buffer): Batch | undefined {
    if (passing.length === 0) return undefined
    return this.#batch([], { protocol: OPENAI_CHAT, frames: [], bytes: passing }, passing)
  }

  #close(bytes: Buffer, passing: Buffer): Batch | undefined {
    return this.#tell(this.#closing.feed(bytes), bytes, passing)
  }

  /** `passing` goes on as it is; of the rest, `batch` says how the answer ended. */
  #tell(batch: Batch | undefined, bytes: Buffer, passing: Buffer): Batch | undefined {
    const untold = join(this.#owed, passing, bytes)
    this.#owed = EMPTY
    if (batch === undefined && passing.length === 0) {
      this.#owed = untold
      return undefined
    }
    const finish = batch?.at(-1)
    const wire = batch?.wire ?? { protocol: OPENAI_CHAT, frames: [] }
    const events = finish?.type === 'finish' ? [finish] : []
    return this.#batch(events, passing.length === 0 ? wire : { ...wire, bytes: passing }, untold)
  }

  #batch(events: ProviderEvent[], wire: WireFrames, untold: Buffer): Batch {
    if (!this.#began)
      events.unshift(this.#warnings.length === 0 ? { type: 'start' } : { type: 'start', warnings: this.#warnings })
    this.#began = true
    return Object.assign(events, { wire: { ...wire, unread: () => content(this.#passed.feed(untold)) } })
  }
}

/** How an answer began and ended is told apart from what it says. */
const content = (batch: readonly ProviderEvent[] = []): readonly ProviderEvent[] =>
  batch.filter(({ type }) => type !== 'start' && type !== 'finish')

/** Line ends that this does not look for, or a line that never ends: decoding copes with both. */
function isForeign(bytes: Buffer): boolean {
  const end = bytes.indexOf(NEWLINE)
  return end === -1 ? bytes.length > LONGEST_LINE : bytes[end - 1] === RETURN
}

const join = (...parts: readonly Buffer[]): Buffer => {
  const [only, ...others] = parts.filter(({ length }) => length > 0)
  return only === undefined ? EMPTY : others.length === 0 ? only : Buffer.concat([only, ...others])
}

const asBuffer = (chunk: Uint8Array): Buffer =>
  Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
