import type { ProviderEvent } from '../../events.ts'
import { extrasOf } from './extras.ts'
import { ownItemId, splitCallId } from './ids.ts'
import { objectsOf, type JsonObject } from './json.ts'
import { OPENAI_RESPONSES } from './name.ts'
import { callItem, messageItem, reasoningItem, summaryPart, textPart } from './output-item.ts'
import { sseEvent } from './sse-event.ts'

type Kind = 'text' | 'thinking' | 'toolcall'

interface OpenItem {
  readonly kind: Kind
  readonly id: string
  readonly index: number
  /** The call as it began; for the other kinds unused. */
  readonly call: { readonly id: string; readonly name: string }
  text: string
  /** What stands before and after each of its deltas. */
  frame?: readonly [before: string, after: string]
}

export interface ItemWriterStart {
  readonly response: string
  readonly nextSequence: number
  readonly nextIndex: number
}

/**
 * Writes blocks as output items, each with the events a client expects around it. A block that began before this writer did
 * is begun again as an item of its own.
 */
export class ItemWriter {
  readonly #response: string
  #sequence: number
  #nextIndex: number
  readonly #open = new Map<number, OpenItem>()
  readonly #output = new Map<number, JsonObject>()
  /** Calls that began before this writer did, by `call_id`. */
  readonly #awaited = new Map<string, { readonly index: number; readonly item: JsonObject }>()

  constructor({ response, nextSequence, nextIndex }: ItemWriterStart) {
    this.#response = response
    this.#sequence = nextSequence
    this.#nextIndex = nextIndex
  }

  /** The items that are complete, in their order. */
  get output(): JsonObject[] {
    return [...this.#output].toSorted(([a], [b]) => a - b).map(([, item]) => item)
  }

  event(type: string, fields: JsonObject): string {
    return sseEvent(type, JSON.stringify({ type, ...fields, sequence_number: this.#sequence++ }))
  }

  /** Takes over an item that the client has whole. */
  keep(index: number, item: JsonObject): void {
    this.#output.set(index, item)
  }

  /** Takes over an item of which the client has the beginning. A call waits for its end: half of it is of no use. */
  takeOver(index: number, item: JsonObject): string {
    if (item['type'] !== 'function_call') return this.#done(index, cut(item))
    this.#awaited.set(String(item['call_id']), { index, item })
    return ''
  }

  /** Ends calls that never came to their end. */
  closeAwaited(): string {
    const events = [...this.#awaited.values()].map(({ index, item }) => this.#done(index, cut(item)))
    this.#awaited.clear()
    return events.join('')
  }

  /** `api`: the protocol of the provider that speaks. */
  write(event: ProviderEvent, api: string | undefined): string {
    switch (event.type) {
      case 'start':
      case 'finish':
        return ''
      case 'text_start':
        return this.#begin(event.contentIndex, 'text')
      case 'thinking_start':
        return this.#begin(event.contentIndex, 'thinking')
      case 'toolcall_start':
        return this.#begin(event.contentIndex, 'toolcall', event)
      case 'text_delta':
        return this.#continue(event.contentIndex, 'text', event.delta)
      case 'thinking_delta':
        return this.#continue(event.contentIndex, 'thinking', event.delta)
      case 'toolcall_delta': {
        // Without its name and id a call cannot begin here; its end has them.
        return this.#open.has(event.contentIndex) ? this.#continue(event.contentIndex, 'toolcall', event.delta) : ''
      }
      case 'text_end':
        return this.#end(event.contentIndex, 'text', event.content, (item) =>
          messageItem(item.id, 'completed', [textPart(item.text, extrasOf(event.providerMetadata))]),
        )
      case 'thinking_end':
        return this.#end(event.contentIndex, 'thinking', event.content, (item) =>
          reasoningItem(item.id, { ...event, thinking: item.text }, api),
        )
      case 'opaque': {
        if (event.content.protocol !== OPENAI_RESPONSES) return ''
        const index = this.#nextIndex++
        const item = event.content.value
        return this.event('response.output_item.added', { output_index: index, item }) + this.#done(index, item)
      }
      case 'toolcall_end': {
        const { toolCall } = event
        const { callId } = splitCallId(toolCall.id)
        const awaited = this.#awaited.get(callId)
        if (awaited !== undefined) {
          this.#awaited.delete(callId)
          const item = { ...awaited.item, status: 'completed', arguments: JSON.stringify(toolCall.arguments) }
          return this.#done(awaited.index, item)
        }
        const begun = this.#open.has(event.contentIndex) ? '' : this.#begin(event.contentIndex, 'toolcall', toolCall)
        const args = JSON.stringify(toolCall.arguments)
        return (
          begun +
          this.#end(event.contentIndex, 'toolcall', args, (item) =>
            callItem(toolCall, { response: this.#response, index: item.index }, 'completed', item.text),
          )
        )
      }
    }
  }

  #begin(block: number, kind: Kind, call: OpenItem['call'] = { id: '', name: '' }): string {
    const index = this.#nextIndex++
    const own = { response: this.#response, index }
    const id =
      kind === 'toolcall'
        ? (splitCallId(call.id).itemId ?? ownItemId('fc', this.#response, index))
        : ownItemId(kind === 'text' ? 'msg' : 'rs', this.#response, index)
    this.#open.set(block, { kind, id, index, call, text: '' })
    const item =
      kind === 'text'
        ? messageItem(id, 'in_progress', [])
        : kind === 'thinking'
          ? { id, type: 'reasoning', summary: [] }
          : callItem(call, own, 'in_progress', '')
    const added = this.event('response.output_item.added', { output_index: index, item })
    if (kind !== 'text') return added
    return added + this.event('response.content_part.added', { ...partOf({ id, index }), part: textPart('') })
  }

  #continue(block: number, kind: Kind, delta: string): string {
    const begun = this.#open.has(block) ? '' : this.#begin(block, kind)
    const item = this.#open.get(block)
    if (item === undefined || delta === '') return begun
    const isFirst = item.text === ''
    item.text += delta
    const part =
      item.kind === 'thinking' && isFirst
        ? this.event('response.reasoning_summary_part.added', { ...summaryOf(item), part: summaryPart('') })
        : ''
    return begun + part + this.#delta(item, delta)
  }

  /** Most events of a stream are deltas, so what those of one item have in common is written once. */
  #delta(item: OpenItem, delta: string): string {
    const [before, after] = (item.frame ??= frameOf(item))
    return `${before}${JSON.stringify(delta)}${after}${this.#sequence++}}\n\n`
  }

  /** `told`: what the block holds, of which nothing may have been told before. */
  #end(block: number, kind: Kind, told: string, itemFor: (item: OpenItem) => JsonObject): string {
    const item = this.#open.get(block)
    // It began and was told before this writer did.
    if (item === undefined) return ''
    const missing = item.text === '' ? this.#continue(block, kind, told) : ''
    this.#open.delete(block)
    const whole = itemFor(item)
    return missing + this.#closingEvents(item, whole) + this.#done(item.index, whole)
  }

  #done(index: number, item: JsonObject): string {
    this.#output.set(index, item)
    return this.event('response.output_item.done', { output_index: index, item })
  }

  #closingEvents(item: OpenItem, whole: JsonObject): string {
    const { text } = item
    switch (item.kind) {
      case 'text': {
        const [part = textPart(text)] = objectsOf(whole['content'])
        const cited = objectsOf(part['annotations']).map((annotation, index) =>
          this.event('response.output_text.annotation.added', { ...partOf(item), annotation_index: index, annotation }),
        )
        return (
          cited.join('') +
          this.event('response.output_text.done', { ...partOf(item), text, logprobs: [] }) +
          this.event('response.content_part.done', { ...partOf(item), part })
        )
      }
      case 'toolcall':
        return this.event('response.function_call_arguments.done', {
          ...itemOf(item),
          name: item.call.name,
          arguments: text,
        })
      case 'thinking':
        if (text === '') return ''
        return (
          this.event('response.reasoning_summary_text.done', { ...summaryOf(item), text }) +
          this.event('response.reasoning_summary_part.done', { ...summaryOf(item), part: summaryPart(text) })
        )
    }
  }
}

const cut = (item: JsonObject): JsonObject => ('status' in item ? { ...item, status: 'incomplete' } : item)

type Place = Pick<OpenItem, 'id' | 'index'>

const itemOf = ({ id, index }: Place): JsonObject => ({ item_id: id, output_index: index })
const partOf = (place: Place): JsonObject => ({ ...itemOf(place), content_index: 0 })
const summaryOf = (place: Place): JsonObject => ({ ...itemOf(place), summary_index: 0 })

/** The event of a delta, in front of its text and behind it, up to the number of the event. */
function frameOf(item: OpenItem): readonly [string, string] {
  const [type, place] = {
    text: ['response.output_text.delta', partOf(item)] as const,
    thinking: ['response.reasoning_summary_text.delta', summaryOf(item)] as const,
    toolcall: ['response.function_call_arguments.delta', itemOf(item)] as const,
  }[item.kind]
  const before = JSON.stringify({ type, ...place }).slice(0, -1)
  return [
    `event: ${type}\ndata: ${before},"delta":`,
    `${item.kind === 'text' ? ',"logprobs":[]' : ''},"sequence_number":`,
  ]
}
