import type { EventBuilder, TextBlock, ThinkingBlock, ToolBlock } from '../../event-builder.ts'
import { callExtras } from './call-extras.ts'
import { keepExtras } from './extras.ts'
import { joinCallId } from './ids.ts'
import { objectsOf, textOf, type JsonObject } from './json.ts'
import { OPENAI_RESPONSES } from './name.ts'
import { writeTextSignature } from './signature.ts'

interface RunningMessage {
  readonly kind: 'message'
  item: JsonObject
  readonly parts: Map<number, { readonly block: TextBlock; readonly refusal: boolean }>
}

interface RunningCall {
  readonly kind: 'call'
  item: JsonObject
  readonly block: ToolBlock
}

interface RunningThought {
  readonly kind: 'thought'
  item: JsonObject
  readonly block: ThinkingBlock
  /** A host may tell a thought twice, as it is and summed up. The one that began is told on. */
  source?: 'summary' | 'content'
  part: number
}

/** An item of one of the provider's own tools, or of a type we do not know. It is told when it is whole. */
interface RunningHosted {
  readonly kind: 'hosted'
  item: JsonObject
  isTold: boolean
}

type Running = RunningMessage | RunningCall | RunningThought | RunningHosted

/**
 * Tells output items as blocks. Items are known by their `output_index`: some hosts give one item another id in every
 * event. What only a later event holds is added then, so that deltas, `done` events and whole items all may be missing.
 */
export class OutputReader {
  readonly #events: EventBuilder
  readonly #awaitsEncrypted: boolean
  readonly #running = new Map<number, Running>()
  #latest = 0
  calledTool = false
  refused = false

  /** `awaitsEncrypted`: a thought that is not encrypted yet may become so with the last event (Azure). */
  constructor(events: EventBuilder, awaitsEncrypted: boolean) {
    this.#events = events
    this.#awaitsEncrypted = awaitsEncrypted
  }

  open(index: unknown, item: JsonObject): void {
    this.#at(index, () => this.#begin(item))
  }

  text(event: JsonObject, delta: unknown, refusal = false): void {
    const running = this.#at(event['output_index'], () => this.#begin({ type: 'message' }))
    const text = textOf(delta) ?? ''
    if (running.kind !== 'message' || text === '') return
    this.#events.delta(this.#part(running, indexOf(event['content_index'], 0), refusal), text)
  }

  /** The whole text of a part, of which the end may not have been told. */
  wholeText(event: JsonObject, text: unknown, refusal = false): void {
    const running = this.#at(event['output_index'], () => this.#begin({ type: 'message' }))
    if (running.kind === 'message') this.#completeText(running, indexOf(event['content_index'], 0), text, refusal)
  }

  arguments(event: JsonObject): void {
    const running = this.#find(event['output_index'])
    if (running?.kind === 'call') this.#events.delta(running.block, textOf(event['delta']) ?? '')
  }

  wholeArguments(event: JsonObject): void {
    const running = this.#find(event['output_index'])
    if (running?.kind === 'call') this.#complete(running.block, event['arguments'])
  }

  thought(event: JsonObject, source: 'summary' | 'content'): void {
    const running = this.#at(event['output_index'], () => this.#begin({ type: 'reasoning' }))
    const text = textOf(event['delta']) ?? ''
    if (running.kind !== 'thought' || text === '') return
    running.source ??= source
    if (running.source !== source) return
    const part = indexOf(event[`${source}_index`], running.part)
    if (part !== running.part && running.block.content !== '') this.#events.delta(running.block, '\n\n')
    running.part = part
    this.#events.delta(running.block, text)
  }

  done(index: unknown, item: JsonObject): void {
    const running = this.#at(index, () => this.#begin(item))
    running.item = { ...running.item, ...item }
    if (running.kind === 'thought' && this.#isReadableLater(running.item)) this.#completeThought(running)
    else this.#close(running)
  }

  /** Closes what is open, with what the finished answer says about it; tells the whole output if no item was told before. */
  finish(output: unknown): void {
    const items = objectsOf(output)
    if (this.#running.size === 0) items.forEach((item, index) => this.done(index, item))
    for (const [index, running] of this.#running) {
      if (running.kind === 'thought') {
        const thoughts = items.filter(({ type }) => type === 'reasoning')
        const final =
          thoughts.find((item) => item === items[index]) ?? thoughts.find(({ id }) => id === running.item['id'])
        if (final !== undefined) running.item = { ...running.item, ...final }
      }
      this.#close(running)
    }
  }

  #find(index: unknown): Running | undefined {
    return this.#running.get(indexOf(index, this.#latest))
  }

  #at(index: unknown, begin: () => Running): Running {
    const key = indexOf(index, this.#latest)
    this.#latest = key
    let running = this.#running.get(key)
    if (running === undefined) this.#running.set(key, (running = begin()))
    return running
  }

  #begin(item: JsonObject): Running {
    switch (item['type']) {
      case 'message':
        return { kind: 'message', item, parts: new Map() }
      case 'function_call': {
        this.calledTool = true
        const id = joinCallId(item) ?? `call_${crypto.randomUUID()}`
        return { kind: 'call', item, block: this.#events.openTool(id, textOf(item['name']) ?? '') }
      }
      case 'reasoning':
        return { kind: 'thought', item, block: this.#events.openThinking(), part: 0 }
      default:
        return { kind: 'hosted', item, isTold: false }
    }
  }

  #part({ parts }: RunningMessage, index: number, refusal: boolean): TextBlock {
    let part = parts.get(index)
    if (part === undefined) parts.set(index, (part = { block: this.#events.openText(), refusal }))
    this.refused ||= refusal
    return part.block
  }

  #complete(block: TextBlock | ToolBlock | ThinkingBlock, whole: unknown): void {
    const text = textOf(whole) ?? ''
    if (!block.closed && text.startsWith(block.content)) this.#events.delta(block, text.slice(block.content.length))
  }

  #completeText(running: RunningMessage, index: number, whole: unknown, refusal: boolean): void {
    if (typeof whole === 'string' && whole !== '') this.#complete(this.#part(running, index, refusal), whole)
  }

  #completeThought({ item, block, source }: RunningThought): void {
    const texts = (key: 'summary' | 'content'): string =>
      objectsOf(item[key])
        .map((part) => textOf(part['text']) ?? '')
        .join('\n\n')
    this.#complete(block, source === undefined ? texts('summary') || texts('content') : texts(source))
  }

  #isReadableLater(item: JsonObject): boolean {
    const isReadable = typeof item['encrypted_content'] === 'string' || objectsOf(item['content']).length > 0
    return this.#awaitsEncrypted && !isReadable
  }

  #close(running: Running): void {
    const { item } = running
    switch (running.kind) {
      case 'message':
        objectsOf(item['content']).forEach((part, index) => {
          const refusal = part['type'] === 'refusal'
          this.#completeText(running, index, refusal ? part['refusal'] : part['text'], refusal)
        })
        for (const [index, { block, refusal }] of running.parts)
          this.#events.closeText(block, sign(item, refusal), citationsOf(objectsOf(item['content'])[index]))
        return
      case 'call':
        this.#complete(running.block, item['arguments'])
        this.#events.closeTool(running.block, keepExtras(callExtras(item)))
        return
      case 'thought':
        if (running.block.closed) return
        this.#completeThought(running)
        this.#events.closeThinking(running.block, { thinkingSignature: JSON.stringify(item) })
        return
      case 'hosted':
        if (!running.isTold) this.#events.opaque(OPENAI_RESPONSES, item)
        running.isTold = true
    }
  }
}

/** Sources and generated files that the text names. */
function citationsOf(part: JsonObject | undefined) {
  const annotations = objectsOf(part?.['annotations'])
  return annotations.length === 0 ? undefined : keepExtras({ annotations }).providerMetadata
}

function sign(item: JsonObject, refusal: boolean): string | undefined {
  const id = textOf(item['id']) || undefined
  const phase = textOf(item['phase'])
  if (id === undefined && phase === undefined && !refusal) return undefined
  return writeTextSignature({
    ...(id === undefined ? {} : { id }),
    ...(phase === undefined ? {} : { phase }),
    ...(refusal ? { refusal } : {}),
  })
}

const indexOf = (value: unknown, fallback: number): number => (typeof value === 'number' ? value : fallback)
