import { BlockWriter } from './block-writer.ts'
import { headOf, sseEvent } from './frame.ts'
import { isObject, objectsOf, textOf } from './json.ts'

/** Block types that begin in our words when they begin on the wire. */
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
  readonly #open = new Map<
    number,
    { readonly contentIndex: number | undefined; readonly type: string; citations: number }
  >()

  pass(frame: string): string {
    const { type, index, block } = headOf(frame)
    if (type === 'message_start' && !frame.includes('"content":[]')) this.#startWithContent(frame)
    else if (type === 'content_block_start' && index !== undefined) this.#start(index, block ?? '')
    else if (type === 'content_block_delta' && index !== undefined && frame.includes('"citations_delta"'))
      this.#cite(index)
    else if (type === 'content_block_stop' && index !== undefined) this.#stop(index)
    return sseEvent(type, frame)
  }

  /** A writer for the rest. */
  handOver(seal: (signature: string | undefined) => string): BlockWriter {
    const blocks = new BlockWriter(seal, this.#count)
    for (const [index, { contentIndex = this.#shared, type, citations }] of this.#open)
      blocks.adopt({ contentIndex, index, kind: SHARED[type] ?? 'opaque', citations })
    return blocks
  }

  #start(index: number, type: string): void {
    this.#count = index + 1
    this.#open.set(index, { contentIndex: type in SHARED ? this.#shared++ : undefined, type, citations: 0 })
  }

  #cite(index: number): void {
    const block = this.#open.get(index)
    if (block !== undefined) block.citations++
  }

  /** A block of another kind is told when it ends, and has its number in our words from then. */
  #stop(index: number): void {
    const block = this.#open.get(index)
    if (block !== undefined && block.contentIndex === undefined) this.#shared++
    this.#open.delete(index)
  }

  #startWithContent(frame: string): void {
    const event: unknown = JSON.parse(frame)
    const message = isObject(event) ? event['message'] : undefined
    for (const block of objectsOf(isObject(message) ? message['content'] : undefined)) {
      this.#start(this.#count, textOf(block['type']) ?? '')
      this.#stop(this.#count - 1)
    }
  }
}
