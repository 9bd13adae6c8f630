import type { FinishEvent, ProviderEvent, StartEvent } from './events.ts'
import type { OpaqueContent, ProviderMetadata, ToolCall } from './messages.ts'

interface BlockBase {
  readonly contentIndex: number
  /** Everything the block has received so far. */
  content: string
  closed: boolean
}

export interface TextBlock extends BlockBase {
  readonly kind: 'text'
}

export interface ThinkingBlock extends BlockBase {
  readonly kind: 'thinking'
}

export interface ToolBlock extends BlockBase {
  readonly kind: 'toolcall'
  readonly id: string
  readonly name: string
}

export type Block = TextBlock | ThinkingBlock | ToolBlock

export interface ThinkingClose {
  readonly thinkingSignature?: string
  readonly redacted?: boolean
  readonly providerMetadata?: ProviderMetadata
}

// Written out: a type that is put together for each event is a new text, slow to tell from others.
const STARTS = { text: 'text_start', thinking: 'thinking_start' } as const
const DELTAS = { text: 'text_delta', thinking: 'thinking_delta', toolcall: 'toolcall_delta' } as const

/**
 * Writes a well-formed event sequence for a decoder: numbers the blocks, remembers what each has received, closes what is
 * still open. Events gather until `take()`, so one network chunk becomes one batch.
 */
export class EventBuilder {
  #events: ProviderEvent[] = []
  readonly #open: Block[] = []
  #count = 0

  start(info: Omit<StartEvent, 'type'> = {}): void {
    this.#events.push({ type: 'start', ...info })
  }

  openText(): TextBlock {
    return this.#begin<TextBlock>({ kind: 'text', contentIndex: this.#count++, content: '', closed: false })
  }

  openThinking(): ThinkingBlock {
    return this.#begin<ThinkingBlock>({ kind: 'thinking', contentIndex: this.#count++, content: '', closed: false })
  }

  openTool(id: string, name: string): ToolBlock {
    return this.#begin<ToolBlock>({
      kind: 'toolcall',
      contentIndex: this.#count++,
      content: '',
      closed: false,
      id,
      name,
    })
  }

  /** Empty deltas are dropped. */
  delta(block: Block, delta: string): void {
    if (delta === '') return
    block.content += delta
    this.#events.push({ type: DELTAS[block.kind], contentIndex: block.contentIndex, delta })
  }

  /** Text that follows on: goes to the open text block, else closes the open thinking block and starts one. */
  text(delta: string): void {
    if (delta !== '') this.delta(this.#continue('text') ?? this.openText(), delta)
  }

  /** As `text`, for thinking. */
  thinking(delta: string): void {
    if (delta !== '') this.delta(this.#continue('thinking') ?? this.openThinking(), delta)
  }

  closeText(block: TextBlock, textSignature?: string, providerMetadata?: ProviderMetadata): void {
    if (!this.#end(block)) return
    const end = { type: 'text_end', contentIndex: block.contentIndex, content: block.content } as const
    if (textSignature === undefined && providerMetadata === undefined) this.#events.push(end)
    else
      this.#events.push({
        ...end,
        ...(textSignature === undefined ? {} : { textSignature }),
        ...(providerMetadata === undefined ? {} : { providerMetadata }),
      })
  }

  closeThinking(block: ThinkingBlock, close: ThinkingClose = {}): void {
    if (!this.#end(block)) return
    this.#events.push({ type: 'thinking_end', contentIndex: block.contentIndex, content: block.content, ...close })
  }

  closeTool(block: ToolBlock, extra: Partial<Pick<ToolCall, 'thoughtSignature' | 'providerMetadata'>> = {}): void {
    if (!this.#end(block)) return
    const toolCall: ToolCall = {
      type: 'toolCall',
      id: block.id,
      name: block.name,
      ...parseArguments(block.content),
      ...extra,
    }
    this.#events.push({ type: 'toolcall_end', contentIndex: block.contentIndex, toolCall })
  }

  /** A block that only one protocol knows, whole. What is open stays so: whoever wants another order closes it first. */
  opaque(protocol: string, value: OpaqueContent['value']): void {
    this.#events.push({
      type: 'opaque',
      contentIndex: this.#count++,
      content: { type: 'opaque', protocol, value },
    })
  }

  /** Closes every open block in the order in which they began. */
  closeAll(): void {
    // A copy, because closing a block takes it off the list.
    for (const block of this.#open.slice()) {
      if (block.kind === 'text') this.closeText(block)
      else if (block.kind === 'thinking') this.closeThinking(block)
      else this.closeTool(block)
    }
  }

  finish(finish: Omit<FinishEvent, 'type'>): void {
    this.closeAll()
    this.#events.push({ type: 'finish', ...finish })
  }

  /** The open block of a kind that began last. */
  last<K extends Block['kind']>(kind: K): Extract<Block, { kind: K }> | undefined {
    return this.#open.findLast((block): block is Extract<Block, { kind: K }> => block.kind === kind)
  }

  take(): ProviderEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  #begin<B extends Block>(block: B): B {
    this.#open.push(block)
    this.#events.push(
      block.kind === 'toolcall'
        ? { type: 'toolcall_start', contentIndex: block.contentIndex, id: block.id, name: block.name }
        : { type: STARTS[block.kind], contentIndex: block.contentIndex },
    )
    return block
  }

  #continue<K extends 'text' | 'thinking'>(kind: K): Extract<Block, { kind: K }> | undefined {
    const open = this.last(kind)
    if (open !== undefined) return open
    if (kind === 'text') {
      const thinking = this.last('thinking')
      if (thinking !== undefined) this.closeThinking(thinking)
    } else {
      const text = this.last('text')
      if (text !== undefined) this.closeText(text)
    }
    return undefined
  }

  #end(block: Block): boolean {
    if (block.closed) return false
    block.closed = true
    this.#open.splice(this.#open.indexOf(block), 1)
    return true
  }
}

/** Reads a tool call's argument text. Text that is not a JSON object gives `{}` and says why. */
export function parseArguments(text: string): Pick<ToolCall, 'arguments' | 'argumentsError'> {
  if (text.trim() === '') return { arguments: {} }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { arguments: value as Record<string, unknown> }
    return { arguments: {}, argumentsError: `the arguments are not a JSON object: ${text.slice(0, 200)}` }
  } catch (error) {
    return {
      arguments: {},
      argumentsError: `the arguments are not JSON (${(error as Error).message}): ${text.slice(0, 200)}`,
    }
  }
}
