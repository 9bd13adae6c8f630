import { isObject, type JsonObject } from './json.ts'
import { WordsFrame } from './words-frame.ts'

const QUOTE = 34
const FINISH = '"finish_reason"'
const DELTA = '"delta"'
const DELTA_BYTES = Buffer.from(DELTA)
/** A refusal counts for how the answer ended, though its chunks look like any other. */
const REFUSAL = `${DELTA}:{"refusal":"`
/** What must not stand between the delta and what such chunks end with: another choice, an error, counts of tokens. */
const NOT_BETWEEN = [FINISH, '"error":', '"usage":']
const WORDS = `${DELTA}:{"content":"`
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
  /** What stands before the delta, and where that begins. */
  #head = ''
  #deltaAt = 0
  #isPadded = false
  #words: WordsFrame | undefined
  #tries = TRIES

  /** Learns from an event and the chunk it holds. False when it is no ordinary one, or does not end in a way one can tell. */
  learn(event: string, chunk: JsonObject): boolean {
    const delta = event.indexOf(DELTA)
    const at = event.indexOf(FINISH)
    // Twice, they stand for more than one choice, or for something else.
    const isClear = delta !== -1 && event.lastIndexOf(DELTA) === delta && event.lastIndexOf(FINISH) === at
    if (!isClear || at < delta || event.startsWith(REFUSAL, delta) || !isOrdinary(chunk)) return false
    this.#head = event.slice(0, delta)
    this.#deltaAt = Buffer.byteLength(this.#head)
    const padding = event.indexOf(PADDING, at)
    this.#isPadded = padding !== -1
    this.#ending = Buffer.from(this.#isPadded ? event.slice(at, padding + PADDING.length) : event.slice(at))
    return this.#ending.length > 0
  }

  /** Whether an event that is one brings words, and besides them says what the first one said: seen without parsing it. */
  addsWords(event: string): boolean {
    const words = this.#head.length + WORDS.length
    return event.startsWith(WORDS, this.#head.length) && event[words] !== '"' && event.startsWith(this.#head)
  }

  /** Whether the event from `start` to before `end` is one. The first of them show how this answer tells its words. */
  isAt(bytes: Buffer, start: number, end: number): boolean {
    const from = (this.#isPadded ? paddingStart(bytes, end) : end) - this.#ending.length
    const delta = start + this.#deltaAt
    const isOne =
      from > delta &&
      isEqual(bytes, from, this.#ending) &&
      isEqual(bytes, delta, DELTA_BYTES) &&
      isDeltaAlone(bytes.toString('latin1', delta, from))
    if (isOne && this.#tries-- > 0) this.#words ??= WordsFrame.of(bytes.subarray(start, end), this.#deltaAt)
    return isOne
  }

  /**
   * How far events reach from `start` that hold words alone: most events of most answers, and found in a third of the time
   * that it takes to look for their ends.
   */
  endOfWords(bytes: DataView, start: number): number {
    return this.#words === undefined ? start : this.#words.endOfRun(bytes, start, this.#deltaAt)
  }
}

function isEqual(bytes: Buffer, from: number, wanted: Buffer): boolean {
  for (let at = 0; at < wanted.length; at++) if (bytes[from + at] !== wanted[at]) return false
  return true
}

function isDeltaAlone(text: string): boolean {
  if (text.startsWith(REFUSAL)) return false
  for (const name of NOT_BETWEEN) if (text.includes(name)) return false
  return true
}

function isOrdinary(chunk: JsonObject): boolean {
  if (chunk['error'] || chunk['usage'] || chunk['x_groq']) return false
  const choices = chunk['choices']
  const choice: unknown = Array.isArray(choices) && choices.length === 1 ? choices[0] : undefined
  return isObject(choice) && choice['finish_reason'] === null && !choice['usage'] && !choice['error']
}

/** Behind the quote that opens the padding of an event that ends in `"}`. */
function paddingStart(bytes: Buffer, end: number): number {
  const close = end - 2
  return bytes[close] === QUOTE ? bytes.lastIndexOf(QUOTE, close - 1) + 1 : -1
}
