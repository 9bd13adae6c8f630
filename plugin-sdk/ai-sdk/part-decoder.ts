import { ProviderError } from '../errors.ts'
import { EventBuilder, type Block } from '../event-builder.ts'
import type { FinishEvent, ProviderEvent } from '../events.ts'
import type { Warning } from '../messages.ts'
import { keptMetadata, type Json, type Part } from './part.ts'
import { usageOf } from './usage.ts'
import { warningOf } from './warning.ts'

const REASONS: Readonly<Record<string, FinishEvent['reason']>> = {
  stop: 'stop',
  length: 'length',
  'content-filter': 'contentFilter',
  'tool-calls': 'toolUse',
  other: 'stop',
}

const CUT: readonly string[] = ['unknown', 'interrupted']

interface Open {
  readonly kind: Block['kind']
  block?: Block
  metadata?: Json
}

/** Turns the parts of one answer into our events. */
export class PartDecoder {
  begun = false
  /** The provider said that the answer is complete. */
  finished = false
  readonly #model: string
  readonly #namespace: string
  readonly #warnings: Warning[]
  readonly #events = new EventBuilder()
  /** By kind and id: texts and thoughts may share an id. */
  readonly #open = new Map<string, Open>()
  #head: { readonly responseId?: string; readonly responseModel?: string } = {}
  #called = false

  constructor(model: string, namespace: string, warnings: Warning[]) {
    this.#model = model
    this.#namespace = namespace
    this.#warnings = warnings
  }

  take(part: Part): ProviderEvent[] {
    switch (part.type) {
      case 'stream-start':
        this.#warnings.push(...(part.warnings ?? []).map(warningOf))
        break
      case 'response-metadata':
        this.#head = {
          ...(part.id === undefined ? {} : { responseId: part.id }),
          ...(part.modelId === undefined || part.modelId === this.#model ? {} : { responseModel: part.modelId }),
        }
        break
      case 'text-start':
      case 'text-delta':
      case 'text-end':
        this.#grow('text', part)
        break
      case 'reasoning-start':
      case 'reasoning-delta':
      case 'reasoning-end':
        this.#grow('thinking', part)
        break
      case 'tool-input-start':
        if (part.providerExecuted !== true) this.#openTool(part.id, part.toolName)
        break
      case 'tool-input-delta': {
        const block = this.#open.get(`toolcall ${part.id}`)?.block
        if (block !== undefined) this.#events.delta(block, part.delta ?? '')
        break
      }
      case 'tool-call':
        if (part.providerExecuted !== true) this.#call(part)
        break
      case 'file':
        throw new ProviderError('unsupported', `The model answered with a file (${part.mediaType}).`, {
          hint: 'Ask a model that answers with text.',
        })
      case 'finish':
        this.#finish(part)
    }
    return this.#events.take()
  }

  /** A block begins with its first text: what stays empty, and carries nothing, is none. */
  #grow(kind: 'text' | 'thinking', { type, id, delta = '', providerMetadata }: Part): void {
    const key = `${kind} ${id}`
    const open: Open = (type.endsWith('-start') ? undefined : this.#open.get(key)) ?? { kind }
    this.#open.set(key, open)
    if (providerMetadata !== undefined) open.metadata = providerMetadata
    if (delta !== '') this.#events.delta(this.#blockOf(open), delta)
    if (!type.endsWith('-end')) return
    this.#open.delete(key)
    this.#close(open)
  }

  #blockOf(open: Open): Block {
    this.#start()
    return (open.block ??= open.kind === 'text' ? this.#events.openText() : this.#events.openThinking())
  }

  #close(open: Open): void {
    if (open.block === undefined && open.metadata === undefined) return
    const block = this.#blockOf(open)
    const kept = keptMetadata(open.metadata)
    if (block.kind === 'text') this.#events.closeText(block, undefined, kept.providerMetadata)
    else if (block.kind === 'thinking') this.#events.closeThinking(block, kept)
    else this.#events.closeTool(block, kept)
  }

  #openTool(id = '', name = ''): Open & { readonly block: Block } {
    this.#start()
    const open = { kind: 'toolcall', block: this.#events.openTool(id, name) } as const
    this.#open.set(`toolcall ${id}`, open)
    return open
  }

  #call({ toolCallId, toolName, input = '', providerMetadata }: Part): void {
    const key = `toolcall ${toolCallId}`
    const { block = this.#openTool(toolCallId, toolName).block } = this.#open.get(key) ?? {}
    this.#open.delete(key)
    if (block.content === '') this.#events.delta(block, input)
    // What counts is the whole that the package made of the pieces.
    block.content = input
    this.#close({ kind: 'toolcall', block, ...(providerMetadata === undefined ? {} : { metadata: providerMetadata }) })
    this.#called = true
  }

  #finish({ finishReason = 'unknown', usage, providerMetadata }: Part): void {
    const { unified, raw } =
      typeof finishReason === 'string' ? { unified: finishReason, raw: finishReason } : finishReason
    if (unified === 'error')
      throw new ProviderError('server', `The provider gave up the answer${raw === undefined ? '' : ` ("${raw}")`}.`)
    // Packages finish a stream that was cut as well. Without a finish event it is reported as what it is.
    if (CUT.includes(unified) || (unified === 'other' && raw === undefined)) return
    this.#start()
    for (const open of this.#open.values()) this.#close(open)
    const reason = REASONS[unified] ?? 'stop'
    const told = usageOf(usage, this.#namespace, providerMetadata)
    this.#events.finish({
      reason: reason === 'stop' && this.#called ? 'toolUse' : reason,
      ...(raw === undefined ? {} : { rawReason: raw }),
      ...(told === undefined ? {} : { usage: told }),
    })
    this.finished = true
  }

  #start(): void {
    if (this.begun) return
    this.begun = true
    this.#events.start({ ...this.#head, ...(this.#warnings.length === 0 ? {} : { warnings: this.#warnings }) })
  }
}
