import { isObject, parseJson, textOf, type JsonObject } from './json.ts'

/** Fields of a delta that hold text, and those beside which a text is not alone. */
const TEXTS = ['content', 'reasoning_content', 'reasoning', 'reasoning_text']
const OTHERS = ['reasoning_details', 'refusal', 'tool_calls', 'function_call']

/** Chunks that taught nothing, after which a stream is not asked again: some hosts change more than the text. */
const TRIES = 4
const PROBE = 'probe'
/** OpenAI hides the length of each token behind random padding. */
const PADDING = '"obfuscation":"'

/**
 * Reads the text of a plain delta without parsing the rest of its chunk, which costs most of the time that a stream takes.
 * Within one answer such chunks differ in nothing but that text. So when the bytes before and after it are those of a chunk
 * that was parsed, and one JSON string stands between, the chunk says nothing else than the parsed one did.
 */
export class ChunkTemplate {
  #field = ''
  #before = ''
  #after = ''
  /** What follows the padding; empty when there is none. */
  #end = ''
  #triesLeft = TRIES
  /** What `learn` was given last. Only the next chunk needs it, and of a stream that passes through few are read. */
  #lesson: { readonly data: string; readonly delta: JsonObject } | undefined

  /** The field of the delta that holds the text. */
  get field(): string {
    this.#study()
    return this.#field
  }

  /** The text, or undefined when the chunk has to be parsed. */
  read(data: string): string | undefined {
    this.#study()
    const start = this.#before.length
    // Cutting and comparing is three times as fast as `startsWith`.
    if (start === 0 || data.slice(0, start) !== this.#before) return undefined
    const end = this.#textEnd(data)
    if (end - start < 2 || data.charCodeAt(start) !== QUOTE || data.charCodeAt(end - 1) !== QUOTE) return undefined
    const inner = data.slice(start + 1, end - 1)
    const text = inner.includes('\\') || inner.includes('"') ? parseJson(data.slice(start, end)) : inner
    if (typeof text !== 'string') return undefined
    this.#triesLeft = TRIES
    return text
  }

  /** Takes a chunk that was parsed, with one choice and nothing but this delta in it. */
  learn(data: string, delta: JsonObject): void {
    if (this.#triesLeft === 0) return
    this.#triesLeft--
    this.#lesson = { data, delta }
  }

  #study(): void {
    if (this.#lesson === undefined) return
    const { data, delta } = this.#lesson
    this.#lesson = undefined
    const field = loneText(delta)
    if (field === undefined) return
    const marker = `"${field}":"`
    const at = data.indexOf(marker)
    if (at === -1 || data.includes(marker, at + 1)) return
    const start = at + marker.length - 1
    const end = stringEnd(data, start)
    const before = data.slice(0, start)
    const after = data.slice(end)
    if (parseJson(data.slice(start, end)) !== delta[field] || !saysAlone(`${before}"${PROBE}"${after}`, field)) return
    this.#field = field
    this.#before = before
    const padding = after.indexOf(PADDING)
    const padded = padding + PADDING.length
    this.#after = padding === -1 ? after : after.slice(0, padded)
    this.#end = padding === -1 ? '' : after.slice(stringEnd(after, padded - 1) - 1)
  }

  #textEnd(data: string): number {
    if (this.#end === '') {
      const end = data.length - this.#after.length
      return data.slice(end) === this.#after ? end : -1
    }
    const stop = data.length - this.#end.length
    const end = data.lastIndexOf(this.#after, stop)
    const padding = end + this.#after.length
    const isPadded = end !== -1 && data.slice(stop) === this.#end && data.indexOf('"', padding) === stop
    return isPadded && !data.includes('\\', padding) ? end : -1
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Position behind the closing quote of the JSON string that opens at `start`. */
function stringEnd(data: string, start: number): number {
  let at = start + 1
  while (at < data.length && data.charCodeAt(at) !== QUOTE) at += data.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at + 1
}

/** The field with the delta's text, when it says nothing besides. */
function loneText(delta: JsonObject): string | undefined {
  const [field, second] = TEXTS.filter((name) => textOf(delta[name]) !== undefined)
  const isAlone = second === undefined && OTHERS.every((name) => isNothing(delta[name]))
  // Content in parts is no text, but not nothing either.
  return isAlone && TEXTS.every((name) => isNothing(delta[name]) || name === field) ? field : undefined
}

const isNothing = (value: unknown): boolean => (Array.isArray(value) ? value.length === 0 : !value)

/** Whether the marker was that of the delta, and not of a field of the same name elsewhere. */
function saysAlone(data: string, field: string): boolean {
  const chunk = parseJson(data)
  const choices = isObject(chunk) ? chunk['choices'] : undefined
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  const delta = isObject(choice) ? choice['delta'] : undefined
  return isObject(delta) && delta[field] === PROBE
}
