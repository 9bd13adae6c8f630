import { BlockWriter } from './block-writer.ts'
import { headOf, sseEvent } from './frame.ts'
import { isObject, objectsOf, textOf } from './json.ts'

/** Block types that are also blocks in our words, in the same order. */
const SHARED: Readonly<Record<string, 'text' | 'thinking' | 'tool'>> = {
  text: 'text',
  thinking: 'thinking',
  redacted_thinking: 'thinking',
  tool_use: 'tool',
}

/**
 * Passes a provider's own events on as they came, and remembers what they have begun: when somebody changes the stream half
 * way, the rest is written by a BlockWriter that goes on where the frames stop.
 */
export class FrameTracker {
  #count = 0
  #shared = 0
  readonly #open = new Map<number, { readonly contentIndex: number | undefined; readonly type: string }>()

  pass(frame: string): string {
    const { type, index, block } = headOf(frame)
    if (type === 'message_start' && !frame.includes('"content":[]')) this.#startWithContent(frame)
    else if (type === 'content_block_start' && index !== undefined) this.#start(index, block ?? '')
    else if (type === 'content_block_stop' && index !== undefined) this.#open.delete(index)
    return sseEvent(type, frame)
  }

  /** A writer for the rest, and what has to be written before. */
  handOver(seal: (signature: string | undefined) => string): { readonly text: string; readonly blocks: BlockWriter } {
    const blocks = new BlockWriter(seal, this.#count)
    let text = ''
    for (const [index, { contentIndex, type }] of this.#open) {
      const kind = SHARED[type]
      if (contentIndex !== undefined && kind !== undefined) blocks.adopt(contentIndex, index, kind)
      else text += sseEvent('content_block_stop', `{"type":"content_block_stop","index":${index}}`)
    }
    return { text, blocks }
  }

  #start(index: number, type: string): void {
    this.#count = index + 1
    this.#open.set(index, { contentIndex: type in SHARED ? this.#shared++ : undefined, type })
  }

  #startWithContent(frame: string): void {
    const event: unknown = JSON.parse(frame)
    const message = isObject(event) ? event['message'] : undefined
    for (const block of objectsOf(isObject(message) ? message['content'] : undefined)) {
      this.#start(this.#count, textOf(block['type']) ?? '')
      this.#open.delete(this.#count - 1)
    }
  }
}
