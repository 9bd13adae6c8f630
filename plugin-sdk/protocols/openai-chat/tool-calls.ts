import { randomUUID } from 'node:crypto'
import type { EventBuilder, ToolBlock } from '../../event-builder.ts'
import type { ToolCall } from '../../messages.ts'
import { isObject, parseJson, textOf, unknownFields, type JsonObject } from './json.ts'
import { OPENAI_CHAT } from './name.ts'

interface RunningCall {
  id: string | undefined
  name: string | undefined
  /** Arguments that came before the name. */
  waiting: string
  block: ToolBlock | undefined
  isCustom: boolean
  extra: JsonObject | undefined
}

/**
 * Gathers the pieces of tool calls. Hosts tell them apart in different ways: by `index`, by `id` alone (Mistral), or not at
 * all; names come late or are repeated as "", and some send a whole call in one piece.
 */
export class ToolCalls {
  readonly #builder: EventBuilder
  /** Runs before a block opens, so that what is open before it can close. */
  readonly #beforeOpen: () => void
  readonly #calls: RunningCall[] = []
  readonly #byIndex = new Map<number, RunningCall>()

  constructor(builder: EventBuilder, beforeOpen: () => void) {
    this.#builder = builder
    this.#beforeOpen = beforeOpen
  }

  /** Whether there is a call that says something: some hosts send empty ones. */
  get any(): boolean {
    return this.#calls.some(isCall)
  }

  add(piece: JsonObject): void {
    const plain = isObject(piece['function']) ? piece['function'] : NOTHING
    // Snowflake sends an empty `custom` beside every function.
    const custom =
      isObject(piece['custom']) && !hasWords(plain) && hasWords(piece['custom']) ? piece['custom'] : undefined
    const body = custom ?? plain
    const name = textOf(body['name'])
    const call = this.#callOf(piece, name)
    call.id ??= textOf(piece['id'])
    call.name ??= name
    if (custom !== undefined) call.isCustom = true
    const extra = unknownFields(piece, KNOWN)
    if (extra !== undefined) call.extra = { ...call.extra, ...extra }
    const text = argumentText(custom === undefined ? body['arguments'] : body['input'])
    this.#grow(call, custom === undefined ? text : JSON.stringify(text).slice(1, -1))
  }

  /** The older form: one call for the whole answer, without an id. */
  addLegacy(call: JsonObject): void {
    if (textOf(call['name']) !== undefined || textOf(call['arguments']) !== undefined)
      this.add({ index: LEGACY_INDEX, function: call })
  }

  close(): void {
    for (const call of this.#calls.filter(isCall)) {
      const block = call.block ?? this.#open(call)
      if (call.isCustom) this.#builder.delta(block, '"}')
      this.#builder.closeTool(block, metadataOf(call, block))
    }
  }

  #callOf(piece: JsonObject, name: string | undefined): RunningCall {
    const id = textOf(piece['id'])
    const index = piece['index']
    if (typeof index === 'number') {
      const known = this.#byIndex.get(index)
      // Some hosts number every parallel call 0; a new id with a new name gives it away.
      const isOther = known?.id !== undefined && id !== undefined && known.id !== id && name !== undefined
      if (known !== undefined && !isOther) return known
      const call = this.#begin()
      this.#byIndex.set(index, call)
      return call
    }
    const known = id === undefined ? undefined : this.#calls.find((call) => call.id === id)
    if (known !== undefined) return known
    const last = this.#calls.at(-1)
    return last === undefined || id !== undefined || name !== undefined ? this.#begin() : last
  }

  #begin(): RunningCall {
    const call: RunningCall = {
      id: undefined,
      name: undefined,
      waiting: '',
      block: undefined,
      isCustom: false,
      extra: undefined,
    }
    this.#calls.push(call)
    return call
  }

  #grow(call: RunningCall, text: string): void {
    if (call.block !== undefined) return this.#builder.delta(call.block, text)
    call.waiting += text
    if (call.name !== undefined) this.#open(call)
  }

  #open(call: RunningCall): ToolBlock {
    this.#beforeOpen()
    const block = this.#builder.openTool(call.id ?? newCallId(), call.name ?? '')
    call.block = block
    if (call.isCustom) this.#builder.delta(block, '{"input":"')
    this.#builder.delta(block, call.waiting)
    return block
  }
}

const isCall = ({ block, waiting }: RunningCall): boolean => block !== undefined || waiting !== ''

const hasWords = (body: JsonObject): boolean => Object.values(body).some((value) => textOf(value) !== undefined)

const NOTHING: JsonObject = {}
const KNOWN: ReadonlySet<string> = new Set(['index', 'id', 'type', 'function', 'custom'])
const LEGACY_INDEX = -1

export const newCallId = (): string => `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`

/** A few hosts send the arguments as an object instead of its text. */
const argumentText = (value: unknown): string =>
  typeof value === 'string' ? value : isObject(value) ? JSON.stringify(value) : ''

/**
 * What a host of this protocol should get back unchanged: fields without a unified name (Gemini signs its calls in one), and
 * the model's own spelling of the arguments, without which a cached prompt no longer matches.
 */
function metadataOf(call: RunningCall, block: ToolBlock): Partial<Pick<ToolCall, 'providerMetadata'>> {
  const spelling = call.isCustom || block.content === '' || isPlainJson(block.content) ? undefined : block.content
  if (call.extra === undefined && spelling === undefined && !call.isCustom) return {}
  return {
    providerMetadata: {
      [OPENAI_CHAT]: {
        ...call.extra,
        ...(call.isCustom ? { type: 'custom' } : {}),
        ...(spelling === undefined ? {} : { arguments: spelling }),
      },
    },
  }
}

/** Whether writing the read object gives the same text again. */
export function isPlainJson(text: string): boolean {
  const value = parseJson(text)
  return isObject(value) && JSON.stringify(value) === text
}
