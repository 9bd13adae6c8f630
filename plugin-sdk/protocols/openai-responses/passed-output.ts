import { isObject, objectsOf, textOf, type JsonObject } from './json.ts'

/** What a client holds of an answer that was passed on to it, when we have to go on in our own words. */
export interface Held {
  readonly nextSequence: number
  readonly nextIndex: number
  /** Items in their order; `open` ones have no end yet. */
  readonly items: readonly { readonly index: number; readonly item: JsonObject; readonly open: boolean }[]
}

/** Watches the events that are passed on. Reads none of them before it is asked. */
export class PassedOutput {
  readonly #ends: string[] = []
  /** Since no item was open. */
  #recent: string[] = []
  #open = 0
  #last = ''

  saw(type: string | undefined, frame: string): void {
    this.#last = frame
    if (type === 'response.output_item.added') this.#open++
    if (this.#open === 0) return
    this.#recent.push(frame)
    if (type !== 'response.output_item.done') return
    this.#ends.push(frame)
    if (--this.#open === 0) this.#recent = []
  }

  held(): Held {
    const items = new Map<number, { item: JsonObject; open: boolean }>()
    for (const frame of this.#recent) gather(items, JSON.parse(frame) as JsonObject)
    for (const frame of this.#ends) {
      const { output_index: index, item } = JSON.parse(frame) as JsonObject
      if (isObject(item)) items.set(Number(index), { item, open: false })
    }
    const last = this.#last === '' ? {} : (JSON.parse(this.#last) as JsonObject)
    return {
      nextSequence: Number(last['sequence_number'] ?? -1) + 1,
      nextIndex: Math.max(-1, ...items.keys()) + 1,
      items: [...items].map(([index, entry]) => ({ index, ...entry })).toSorted((a, b) => a.index - b.index),
    }
  }
}

/** Adds one event to the items it is about. */
function gather(items: Map<number, { item: JsonObject; open: boolean }>, event: JsonObject): void {
  const index = Number(event['output_index'])
  if (event['type'] === 'response.output_item.added' && isObject(event['item']))
    items.set(index, { item: event['item'], open: true })
  const entry = items.get(index)
  if (entry === undefined) return
  const grow = (list: string, at: unknown, key: string): void => {
    const parts = [...objectsOf(entry.item[list])]
    const part = parts[Number(at)]
    if (part === undefined) return
    parts[Number(at)] = { ...part, [key]: `${textOf(part[key]) ?? ''}${textOf(event['delta']) ?? ''}` }
    entry.item = { ...entry.item, [list]: parts }
  }
  const add = (list: string): void => {
    if (isObject(event['part'])) entry.item = { ...entry.item, [list]: [...objectsOf(entry.item[list]), event['part']] }
  }
  switch (event['type']) {
    case 'response.content_part.added':
      return add('content')
    case 'response.output_text.delta':
    case 'response.reasoning_text.delta':
      return grow('content', event['content_index'], 'text')
    case 'response.refusal.delta':
      return grow('content', event['content_index'], 'refusal')
    case 'response.reasoning_summary_part.added':
      return add('summary')
    case 'response.reasoning_summary_text.delta':
      return grow('summary', event['summary_index'], 'text')
    case 'response.function_call_arguments.delta':
      entry.item = {
        ...entry.item,
        arguments: `${textOf(entry.item['arguments']) ?? ''}${textOf(event['delta']) ?? ''}`,
      }
  }
}
