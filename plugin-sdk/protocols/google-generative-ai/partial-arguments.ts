import { ProviderError } from '../../errors.ts'
import { objectsOf, type JsonObject } from './json.ts'

type Step = string | number

interface Container {
  readonly isList: boolean
  readonly written: Set<Step>
}

/**
 * Turns arguments that arrive as `{ jsonPath, stringValue }` pieces into the JSON text they stand for, piece by piece.
 * The model writes depth first, so a path that steps back into something already closed is an error.
 */
export class PartialArguments {
  readonly #open: Container[] = []
  /** Steps from the root to the value written last, one for each open container. */
  #path: readonly Step[] = []
  /** That path as the provider wrote it: most pieces go on with the string before them. */
  #spelling: unknown
  #inString = false

  get isEmpty(): boolean {
    return this.#open.length === 0
  }

  /** The JSON text that these pieces add. */
  add(pieces: unknown): string {
    return objectsOf(pieces)
      .map((piece) => this.#add(piece))
      .join('')
  }

  /** What closes the object. */
  end(): string {
    return this.isEmpty ? '{}' : this.#closeTo(0)
  }

  #add(piece: JsonObject): string {
    const { jsonPath, stringValue: text } = piece
    const path = jsonPath === this.#spelling ? this.#path : parsePath(jsonPath)
    this.#spelling = jsonPath
    if (typeof text !== 'string') return this.#moveTo(path) + scalar(piece)
    const start = this.#inString && samePath(path, this.#path) ? '' : `${this.#moveTo(path)}"`
    this.#inString = piece['willContinue'] === true
    return start + JSON.stringify(text).slice(1, -1) + (this.#inString ? '' : '"')
  }

  /** Closes what the last value stood in and opens what the next one stands in, up to its key. */
  #moveTo(path: readonly Step[]): string {
    let shared = 0
    while (shared < this.#path.length && shared < path.length - 1 && this.#path[shared] === path[shared]) shared++
    if (shared > 0 && shared === this.#path.length) throw outOfOrder(path)
    let text = this.#closeTo(shared + 1)
    this.#path = path
    for (const [depth, step] of path.entries()) if (depth >= shared) text += this.#enter(depth, step)
    return text
  }

  #enter(depth: number, step: Step): string {
    const isList = typeof step === 'number'
    let container = this.#open[depth]
    let text = container === undefined ? (isList ? '[' : '{') : ','
    if (container === undefined) this.#open.push((container = { isList, written: new Set() }))
    const isNext = isList ? step === container.written.size : !container.written.has(step)
    if (container.isList !== isList || !isNext) throw outOfOrder(this.#path)
    container.written.add(step)
    if (!isList) text += `${JSON.stringify(step)}:`
    return text
  }

  #closeTo(depth: number): string {
    let text = this.#inString ? '"' : ''
    this.#inString = false
    while (this.#open.length > depth) text += this.#open.pop()?.isList === true ? ']' : '}'
    return text
  }
}

function scalar({ numberValue, boolValue }: JsonObject): string {
  if (typeof numberValue === 'number') return JSON.stringify(numberValue)
  return typeof boolValue === 'boolean' ? String(boolValue) : 'null'
}

const samePath = (a: readonly Step[], b: readonly Step[]): boolean =>
  a.length === b.length && a.every((step, index) => step === b[index])

/** `$.items[0].name` and `$['a key']`. */
function parsePath(path: unknown): Step[] {
  const steps: Step[] = []
  const found = (typeof path === 'string' ? path : '').matchAll(/\.([^.[\]]+)|\[(\d+)\]|\[(['"])(.*?)\3\]/g)
  for (const [, name, index, , quoted] of found)
    steps.push(index === undefined ? (name ?? quoted ?? '') : Number(index))
  if (typeof steps[0] !== 'string') throw outOfOrder(steps)
  return steps
}

const outOfOrder = (path: readonly Step[]): ProviderError =>
  new ProviderError(
    'server',
    `The provider streamed a tool argument in an order that is no JSON, at "${path.join('.')}".`,
  )
