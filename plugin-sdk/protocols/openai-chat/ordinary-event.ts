import { isObject, parseJson } from './json.ts'
import { WordsFrame } from './words-frame.ts'

const QUOTE = 34
const PREFIX = 'data:'
const FINISH = '"finish_reason"'
const DELTA = '"delta"'
const DELTA_BYTES = Buffer.from(DELTA)
/** OpenAI hides the length of each token behind random padding. */
const PADDING = '"obfuscation":"'
const EMPTY = Buffer.alloc(0)
/** Events that may show it: not every one has words. */
const TRIES = 4

/**
 * Tells by its frame that an event brings content and nothing else. Within one answer all such events have their delta at
 * the same place and end alike, from their `"finish_reason":null` on; one that ends the answer, counts tokens or reports an
 * error does not.
 */
export class OrdinaryEvent {
  #ending: Buffer = EMPTY
  /** Where the delta stands in the event. */
  #deltaAt = 0
  #isPadded = false
  #words: WordsFrame | undefined
  #tries = TRIES

  /** Learns from an event that is parsed for it. False when it is no ordinary one, or does not end in a way one can tell. */
  learn(event: string): boolean {
    const text = event.startsWith(PREFIX) ? event.slice(PREFIX.length).trim() : ''
    const at = text.lastIndexOf(FINISH)
    if (at < text.indexOf(DELTA) || !isOrdinary(parseJson(text))) return false
    this.#deltaAt = Buffer.byteLength(event.slice(0, event.indexOf(DELTA)))
    const padding = text.indexOf(PADDING, at)
    this.#isPadded = padding !== -1
    this.#ending = Buffer.from(this.#isPadded ? text.slice(at, padding + PADDING.length) : text.slice(at))
    return this.#ending.length > 0
  }

  /** Whether the event from `start` to before `end` is one. The first of them show how this answer tells its words. */
  isAt(bytes: Buffer, start: number, end: number): boolean {
    const from = (this.#isPadded ? paddingStart(bytes, end) : end) - this.#ending.length
    const delta = start + this.#deltaAt
    const isOne = from > delta && isEqual(bytes, from, this.#ending) && isEqual(bytes, delta, DELTA_BYTES)
    if (isOne && this.#tries-- > 0) this.#words ??= WordsFrame.of(bytes.subarray(start, end), this.#deltaAt)
    return isOne
  }

  /**
   * Where the event at `start` ends, its line breaks included, when it holds words alone; -1 when that cannot be told
   * without looking for its end. Most events of most answers are told so, in a third of the time.
   */
  endOfWords(bytes: DataView, start: number): number {
    return this.#words === undefined ? -1 : this.#words.endAt(bytes, start, this.#deltaAt)
  }
}

function isEqual(bytes: Buffer, from: number, wanted: Buffer): boolean {
  for (let at = 0; at < wanted.length; at++) if (bytes[from + at] !== wanted[at]) return false
  return true
}

function isOrdinary(chunk: unknown): boolean {
  if (!isObject(chunk) || chunk['error'] || chunk['usage'] || chunk['x_groq']) return false
  const choices = chunk['choices']
  const choice: unknown = Array.isArray(choices) && choices.length === 1 ? choices[0] : undefined
  return isObject(choice) && choice['finish_reason'] === null && !choice['usage'] && !choice['error']
}

/** Behind the quote that opens the padding of an event that ends in `"}`. */
function paddingStart(bytes: Buffer, end: number): number {
  const close = end - 2
  return bytes[close] === QUOTE ? bytes.lastIndexOf(QUOTE, close - 1) + 1 : -1
}
