import type { Batch, FinishEvent, ProviderEvent, StartEvent, TextEnd, ThinkingEnd } from './events.ts'
import type { AssistantContent, OpaqueContent, ToolCall } from './messages.ts'
import { parseArguments } from './event-builder.ts'

type Draft =
  | { kind: 'text'; text: string; end?: TextEnd }
  | { kind: 'thinking'; text: string; end?: ThinkingEnd }
  | { kind: 'toolcall'; id: string; name: string; text: string; toolCall?: ToolCall }
  | { kind: 'opaque'; text: string; content: OpaqueContent }

/** Folds events into the message they tell. What has arrived can be read at any moment, also after a cut. */
export class MessageBuilder {
  readonly #drafts: Draft[] = []
  #opaqueProtocols: readonly string[] = []
  /** Decoded when somebody asks for the content, which for most streams is never. */
  #unread: (() => readonly ProviderEvent[])[] = []
  start: StartEvent | undefined
  finish: FinishEvent | undefined

  add(batch: Batch): void {
    if (batch.wire?.unread !== undefined) this.#unread.push(batch.wire.unread)
    for (const event of batch) this.#event(event)
  }

  get content(): AssistantContent[] {
    this.#readAll()
    const content: AssistantContent[] = []
    // Sparse when a plugin skips numbers; forEach passes over the holes.
    this.#drafts.forEach((draft) => content.push(written(draft)))
    return content
  }

  /** Everything delivered so far as it came, half-written tool calls too, for counting what a cut answer cost. */
  get deliveredText(): string {
    this.#readAll()
    let all = ''
    this.#drafts.forEach((draft) => {
      all += draft.kind === 'toolcall' ? draft.name + draft.text : draft.text
    })
    return all
  }

  /** The protocols of opaque blocks, as far as anybody has read the content: what passes unread is not read for this. */
  get opaqueProtocols(): readonly string[] {
    return this.#opaqueProtocols
  }

  #readAll(): void {
    const unread = this.#unread
    this.#unread = []
    for (const read of unread) for (const event of read()) this.#event(event)
  }

  #note(protocol: string): void {
    if (!this.#opaqueProtocols.includes(protocol)) this.#opaqueProtocols = [...this.#opaqueProtocols, protocol]
  }

  #event(event: ProviderEvent): void {
    switch (event.type) {
      case 'start':
        this.start = event
        return
      case 'text_start':
        this.#drafts[event.contentIndex] = { kind: 'text', text: '' }
        return
      case 'thinking_start':
        this.#drafts[event.contentIndex] = { kind: 'thinking', text: '' }
        return
      case 'toolcall_start':
        this.#drafts[event.contentIndex] = { kind: 'toolcall', id: event.id, name: event.name, text: '' }
        return
      case 'text_delta':
      case 'thinking_delta':
      case 'toolcall_delta': {
        const draft = this.#drafts[event.contentIndex]
        if (draft !== undefined) draft.text += event.delta
        return
      }
      case 'text_end':
        this.#drafts[event.contentIndex] = { kind: 'text', text: event.content, end: event }
        return
      case 'thinking_end':
        this.#drafts[event.contentIndex] = { kind: 'thinking', text: event.content, end: event }
        return
      case 'toolcall_end': {
        const { toolCall } = event
        const text = this.#drafts[event.contentIndex]?.text ?? ''
        this.#drafts[event.contentIndex] = { kind: 'toolcall', id: toolCall.id, name: toolCall.name, text, toolCall }
        return
      }
      case 'opaque':
        this.#drafts[event.contentIndex] = { kind: 'opaque', text: '', content: event.content }
        this.#note(event.content.protocol)
        return
      case 'finish':
        this.finish = event
    }
  }
}

function written(draft: Draft): AssistantContent {
  switch (draft.kind) {
    case 'text':
      return { type: 'text', text: draft.text, ...given(draft.end, ['textSignature', 'providerMetadata']) }
    case 'thinking':
      return {
        type: 'thinking',
        thinking: draft.text,
        ...given(draft.end, ['thinkingSignature', 'redacted', 'providerMetadata']),
      }
    case 'toolcall':
      return draft.toolCall ?? { type: 'toolCall', id: draft.id, name: draft.name, ...parseArguments(draft.text) }
    case 'opaque':
      return draft.content
  }
}

/** Those of the fields that are set, and no others. */
function given<T extends object, K extends keyof T>(from: T | undefined, names: readonly K[]): Partial<Pick<T, K>> {
  const found: Partial<Pick<T, K>> = {}
  for (const name of names) if (from?.[name] !== undefined) found[name] = from[name]
  return found
}
