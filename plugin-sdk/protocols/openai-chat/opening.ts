import type { StartEvent } from '../../events.ts'
import type { Identity } from './answer-decoder.ts'
import { isObject, textOf, type JsonObject } from './json.ts'
import { startOf, type Reading } from './reading.ts'

/**
 * How an answer begins, told from its ordinary chunks. Most begin with words, after chunks that say nothing yet; whether
 * anything else is the first content takes a decoder to tell.
 */
export class Opening implements Identity {
  readonly #reading: Reading
  #id: string | undefined
  #model: string | undefined
  #start: StartEvent | undefined
  #isUnclear = false

  constructor(reading: Reading) {
    this.#reading = reading
  }

  get id(): string | undefined {
    return this.#id
  }

  get model(): string | undefined {
    return this.#model
  }

  /** Set when the first content has been seen, and was words. */
  get start(): StartEvent | undefined {
    return this.#start
  }

  get isUnclear(): boolean {
    return this.#isUnclear
  }

  /** Nothing more is to be added. */
  get isOver(): boolean {
    return this.#isUnclear || this.#start !== undefined
  }

  add(chunk: JsonObject): void {
    this.#id ??= textOf(chunk['id'])
    this.#model ??= textOf(chunk['model'])
    const content = contentOf(chunk)
    if (content === 'words') this.addWords()
    else if (content !== 'none') this.#isUnclear = true
  }

  /** For a chunk that brings words and repeats, besides, what one before it said. */
  addWords(): void {
    this.#start = startOf(this.#id, this.#model, this.#reading)
  }
}

function contentOf({ choices }: JsonObject): 'none' | 'words' | 'unclear' {
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  if (!isObject(choice) || choice['index'] || !isObject(choice['delta'])) return 'unclear'
  const { delta } = choice
  for (const name in delta)
    if (name !== 'role' && name !== 'content' && delta[name] !== null && delta[name] !== '') return 'unclear'
  const { content = null } = delta
  return content === null || content === '' ? 'none' : typeof content === 'string' ? 'words' : 'unclear'
}
