import type { ProviderEvent } from '../../events.ts'
import { sseEvent } from './frame.ts'
import { isEmpty, type JsonObject } from './json.ts'

export type BlockEvent = Extract<ProviderEvent, { readonly contentIndex: number }>

interface OpenBlock {
  readonly contentIndex: number
  readonly kind: 'text' | 'thinking' | 'tool'
  /** Its number on the wire; undefined while nothing of it was written. */
  index: number | undefined
  hasDelta: boolean
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
  adopt(contentIndex: number, index: number, kind: OpenBlock['kind']): void {
    this.#open = { contentIndex, kind, index, hasDelta: true }
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
    if (open.kind === 'text' && event.type.endsWith('_start')) return this.#stop(open) + this.#begin(event)
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
      case 'text_end':
        return this.#stop(open)
      case 'text_start':
      case 'thinking_start':
      case 'toolcall_start':
        return ''
    }
  }

  #track(contentIndex: number, kind: OpenBlock['kind']): OpenBlock {
    this.#open = { contentIndex, kind, index: undefined, hasDelta: false }
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
