import type { ProviderEvent } from '../../events.ts'
import { extrasOf } from './extras.ts'
import { sseEvent } from './frame.ts'
import { isEmpty, isObject, listOf, type JsonObject } from './json.ts'
import { ANTHROPIC } from './name.ts'

export type BlockEvent = Extract<ProviderEvent, { readonly contentIndex: number }>

interface OpenBlock {
  readonly contentIndex: number
  readonly kind: 'text' | 'thinking' | 'tool' | 'opaque'
  /** Its number on the wire; undefined while nothing of it was written. */
  index: number | undefined
  hasDelta: boolean
  /** How many of its citations were written. */
  readonly citations: number
}

/**
 * Writes block events as `content_block_*`. Clients of this protocol expect one open block at a time, while our blocks may
 * interleave: what belongs to another block waits until the open one has ended.
 */
export class BlockWriter {
  readonly #seal: (signature: string | undefined) => string
  readonly #waiting = new Map<number, BlockEvent[]>()
  #next: number
  #open: OpenBlock | undefined

  /** `seal` makes a signature what the client gets; `next` is the number of the first block. */
  constructor(seal: (signature: string | undefined) => string, next = 0) {
    this.#seal = seal
    this.#next = next
  }

  /** Goes on with a block that was begun elsewhere. */
  adopt(begun: Omit<OpenBlock, 'hasDelta'>): void {
    this.#open = { ...begun, hasDelta: true }
  }

  write(event: BlockEvent): string {
    return this.#accept(event) + this.#resume()
  }

  /** Ends what is still open, and writes what waited for that. */
  end(): string {
    let text = ''
    while (this.#open !== undefined) text += this.#stop(this.#open) + this.#resume()
    return text
  }

  #resume(): string {
    let text = ''
    for (const [contentIndex, events] of this.#waiting) {
      if (this.#open !== undefined) break
      this.#waiting.delete(contentIndex)
      for (const event of events) text += this.#accept(event)
    }
    return text
  }

  #accept(event: BlockEvent): string {
    const open = this.#open
    if (open === undefined) return this.#begin(event)
    if (open.contentIndex === event.contentIndex) return this.#continue(open, event)
    // Text has nothing to say at its end, so it need not hold up what follows.
    if (open.kind === 'text' && (event.type.endsWith('_start') || event.type === 'opaque'))
      return this.#stop(open) + this.#begin(event)
    const waiting = this.#waiting.get(event.contentIndex)
    if (waiting === undefined) this.#waiting.set(event.contentIndex, [event])
    else waiting.push(event)
    return ''
  }

  #begin(event: BlockEvent): string {
    const { contentIndex } = event
    switch (event.type) {
      case 'toolcall_start': {
        const open = this.#track(contentIndex, 'tool')
        return this.#start(open, {
          type: 'tool_use',
          id: event.id,
          name: event.name,
          input: {},
          caller: { type: 'direct' },
        })
      }
      case 'text_start':
        return this.#start(this.#track(contentIndex, 'text'), EMPTY_TEXT)
      case 'text_delta': {
        // Text that goes on behind a block that came in between.
        const open = this.#track(contentIndex, 'text')
        return this.#start(open, EMPTY_TEXT) + this.#continue(open, event)
      }
      case 'thinking_start':
        // Whether a thought is a redacted one shows later.
        this.#track(contentIndex, 'thinking')
        return ''
      case 'opaque':
        return event.content.protocol === ANTHROPIC ? this.#whole(contentIndex, event.content.value) : ''
      case 'text_end':
      case 'thinking_delta':
      case 'thinking_end':
      case 'toolcall_delta':
      case 'toolcall_end':
        // The end of a text that was closed early; the others never come without their start.
        return ''
    }
  }

  #continue(open: OpenBlock, event: BlockEvent): string {
    switch (event.type) {
      case 'text_delta':
        return this.#delta(open, `{"type":"text_delta","text":${JSON.stringify(event.delta)}}`)
      case 'thinking_delta':
        return this.#delta(open, `{"type":"thinking_delta","thinking":${JSON.stringify(event.delta)}}`)
      case 'toolcall_delta':
        return this.#delta(open, `{"type":"input_json_delta","partial_json":${JSON.stringify(event.delta)}}`)
      case 'thinking_end': {
        if (event.redacted === true) {
          const data = this.#seal(event.thinkingSignature)
          const started = open.index === undefined ? this.#start(open, { type: 'redacted_thinking', data }) : ''
          return started + this.#stop(open)
        }
        const signature = JSON.stringify(this.#seal(event.thinkingSignature))
        const signed =
          signature === '""' ? '' : this.#delta(open, `{"type":"signature_delta","signature":${signature}}`)
        return signed + this.#stop(open)
      }
      case 'toolcall_end': {
        const input = event.toolCall.arguments
        const late =
          open.hasDelta || isEmpty(input)
            ? ''
            : this.#delta(open, `{"type":"input_json_delta","partial_json":${JSON.stringify(JSON.stringify(input))}}`)
        return late + this.#stop(open)
      }
      case 'text_end': {
        const citations = listOf(extrasOf(event.providerMetadata)['citations']).slice(open.citations)
        const cited = citations.map((citation) =>
          this.#delta(open, JSON.stringify({ type: 'citations_delta', citation })),
        )
        return cited.join('') + this.#stop(open)
      }
      case 'opaque':
        // Its beginning was passed on; the rest of it has no place any more.
        return this.#stop(open)
      case 'text_start':
      case 'thinking_start':
      case 'toolcall_start':
        return ''
    }
  }

  /** A block of which everything is known. What a tool is asked comes in a delta, as the provider's own events have it. */
  #whole(contentIndex: number, value: JsonObject): string {
    const open = this.#track(contentIndex, 'opaque')
    const { input } = value
    if (!isObject(input) || isEmpty(input)) return this.#start(open, value) + this.#stop(open)
    const asked = JSON.stringify({ type: 'input_json_delta', partial_json: JSON.stringify(input) })
    return this.#start(open, { ...value, input: {} }) + this.#delta(open, asked) + this.#stop(open)
  }

  #track(contentIndex: number, kind: OpenBlock['kind']): OpenBlock {
    this.#open = { contentIndex, kind, index: undefined, hasDelta: false, citations: 0 }
    return this.#open
  }

  #start(open: OpenBlock, block: JsonObject): string {
    open.index = this.#next++
    const data = `{"type":"content_block_start","index":${open.index},"content_block":${JSON.stringify(block)}}`
    return sseEvent('content_block_start', data)
  }

  #delta(open: OpenBlock, delta: string): string {
    const started = open.index === undefined ? this.#start(open, EMPTY_THOUGHT) : ''
    open.hasDelta = true
    const data = `{"type":"content_block_delta","index":${open.index},"delta":${delta}}`
    return started + sseEvent('content_block_delta', data)
  }

  #stop(open: OpenBlock): string {
    const started = open.index === undefined ? this.#start(open, EMPTY_THOUGHT) : ''
    this.#open = undefined
    return started + sseEvent('content_block_stop', `{"type":"content_block_stop","index":${open.index}}`)
  }
}

const EMPTY_TEXT: JsonObject = { type: 'text', text: '', citations: null }
const EMPTY_THOUGHT: JsonObject = { type: 'thinking', thinking: '', signature: '' }
