const QUOTE = 34
const BACKSLASH = 92
const BRACE = 125
const NEWLINE = 10
const PADDING = '"obfuscation":"'

/** Hosts have few frames, one for many answers, and short: what is longer holds more than a frame. */
const MAX_FRAMES = 100
const MAX_CLOSING = 256
const frames = new Map<string, WordsFrame>()

/**
 * What stands around the words of an event whose delta is nothing but words: within one answer it is the same for all. So
 * the end of such an event is found from the end of its words, without looking for it.
 */
export class WordsFrame {
  readonly #closing: Needle
  readonly #isPadded: boolean

  private constructor(closing: string, isPadded: boolean) {
    this.#closing = new Needle(closing)
    this.#isPadded = isPadded
  }

  /** Of an ordinary event, whose delta stands at `deltaAt` in it; undefined when that is more than words. */
  static of(event: Buffer, deltaAt: number): WordsFrame | undefined {
    const bytes = new DataView(event.buffer, event.byteOffset, event.length)
    if (!OPENING.isAt(bytes, deltaAt)) return undefined
    const behind = event.toString('utf8', endOfText(bytes, deltaAt + OPENING.length))
    const padding = behind.indexOf(PADDING)
    const closing = padding === -1 ? behind : behind.slice(0, padding + PADDING.length)
    if (!closing.startsWith('"}') || closing.length > MAX_CLOSING) return undefined
    const known = frames.get(closing)
    if (known !== undefined) return known
    if (frames.size >= MAX_FRAMES) frames.clear()
    const made = new WordsFrame(closing, padding !== -1)
    frames.set(closing, made)
    return made
  }

  /** How far events of words reach from `start`, their line breaks included; their delta stands at `deltaAt` in each. */
  endOfRun(bytes: DataView, start: number, deltaAt: number): number {
    for (let end = start; ; start = end) {
      end = this.#endAt(bytes, start + deltaAt)
      if (end === -1) return start
    }
  }

  /** Behind the event whose delta stands at `opening`; -1 when it is another one. */
  #endAt(bytes: DataView, opening: number): number {
    if (!OPENING.isAt(bytes, opening)) return -1
    const words = endOfText(bytes, opening + OPENING.length)
    if (!this.#closing.isAt(bytes, words)) return -1
    let end = words + this.#closing.length
    if (this.#isPadded) {
      end = endOfText(bytes, end) + 2
      if (end > bytes.byteLength || bytes.getUint8(end - 1) !== BRACE) return -1
    }
    if (end + 2 > bytes.byteLength || bytes.getUint8(end) !== NEWLINE || bytes.getUint8(end + 1) !== NEWLINE) return -1
    return end + 2
  }
}

/** The quote that ends the text of which `at` is part, or the end of the bytes. */
function endOfText(bytes: DataView, at: number): number {
  const { byteLength } = bytes
  while (at < byteLength) {
    const byte = bytes.getUint8(at)
    if (byte === QUOTE) return at
    at += byte === BACKSLASH ? 2 : 1
  }
  return byteLength
}

/** Bytes that are looked for at one place, compared four at a time. */
class Needle {
  readonly length: number
  readonly #quads: Uint32Array
  readonly #rest: Uint8Array

  constructor(text: string) {
    const bytes = new TextEncoder().encode(text)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.length = bytes.length
    this.#quads = Uint32Array.from({ length: bytes.length >> 2 }, (_, index) => view.getUint32(index * 4))
    this.#rest = bytes.subarray(this.#quads.length * 4)
  }

  isAt(bytes: DataView, at: number): boolean {
    if (at + this.length > bytes.byteLength) return false
    const quads = this.#quads
    for (let index = 0; index < quads.length; index++, at += 4) if (bytes.getUint32(at) !== quads[index]) return false
    for (let index = 0; index < this.#rest.length; index++)
      if (bytes.getUint8(at + index) !== this.#rest[index]) return false
    return true
  }
}

const OPENING = new Needle('"delta":{"content":"')
