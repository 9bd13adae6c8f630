import type { EventBuilder, TextBlock, ThinkingBlock, ToolBlock } from '../../event-builder.ts'
import { keepExtras } from './extras.ts'
import { isEmpty, isObject, listOf, parseObject, textOf, type JsonObject } from './json.ts'
import { ANTHROPIC } from './name.ts'

/** One content block while it arrives. Blocks without a unified form are `opaque`, and told when they are whole. */
export type RunningBlock =
  | { readonly kind: 'text'; readonly block: TextBlock; readonly citations: unknown[] }
  | { readonly kind: 'thinking'; readonly block: ThinkingBlock; signature: string | undefined }
  | { readonly kind: 'redacted'; readonly block: ThinkingBlock; readonly data: string }
  | { readonly kind: 'tool'; readonly block: ToolBlock; readonly start: JsonObject }
  | { readonly kind: 'opaque'; value: JsonObject; input: string }

/** Begins a block from the object that opens it, which may already hold all of its content. */
export function openBlock(events: EventBuilder, start: JsonObject): RunningBlock {
  switch (start['type']) {
    case 'text': {
      const block = events.openText()
      events.delta(block, textOf(start['text']) ?? '')
      return { kind: 'text', block, citations: [...listOf(start['citations'])] }
    }
    case 'thinking': {
      const block = events.openThinking()
      events.delta(block, textOf(start['thinking']) ?? '')
      return { kind: 'thinking', block, signature: textOf(start['signature']) }
    }
    case 'redacted_thinking':
      return { kind: 'redacted', block: events.openThinking(), data: textOf(start['data']) ?? '' }
    case 'tool_use':
      return { kind: 'tool', block: events.openTool(textOf(start['id']) ?? '', textOf(start['name']) ?? ''), start }
    default:
      return { kind: 'opaque', value: start, input: '' }
  }
}

export function continueBlock(events: EventBuilder, running: RunningBlock, delta: JsonObject): void {
  if (running.kind === 'text' && delta['type'] === 'text_delta')
    events.delta(running.block, textOf(delta['text']) ?? '')
  else if (running.kind === 'text' && delta['type'] === 'citations_delta') running.citations.push(delta['citation'])
  else if (running.kind === 'tool' && delta['type'] === 'input_json_delta')
    events.delta(running.block, textOf(delta['partial_json']) ?? '')
  else if (running.kind === 'thinking' && delta['type'] === 'thinking_delta')
    events.delta(running.block, textOf(delta['thinking']) ?? '')
  else if (running.kind === 'thinking' && delta['type'] === 'signature_delta')
    // The last one counts, as in the provider's own client.
    running.signature = textOf(delta['signature'])
  else if (running.kind === 'opaque' && delta['type'] === 'input_json_delta')
    running.input += textOf(delta['partial_json']) ?? ''
  else if (running.kind === 'opaque') running.value = grown(running.value, delta)
}

/** A block of a kind we do not know, after a delta of a kind we do not know: texts go on, all else is replaced. */
function grown(value: JsonObject, { type: _type, ...delta }: JsonObject): JsonObject {
  const next: Record<string, unknown> = { ...value }
  for (const [name, more] of Object.entries(delta)) {
    const before = next[name]
    next[name] = typeof before === 'string' && typeof more === 'string' ? before + more : more
  }
  return next
}

export function closeBlock(events: EventBuilder, running: RunningBlock): void {
  switch (running.kind) {
    case 'text':
      return events.closeText(running.block, undefined, citationsOf(running.citations))
    case 'thinking':
      return events.closeThinking(running.block, running.signature ? { thinkingSignature: running.signature } : {})
    case 'redacted':
      return events.closeThinking(running.block, { thinkingSignature: running.data, redacted: true })
    case 'tool': {
      const { input, caller } = running.start
      // Calls made by the provider's own code come with their whole input and no deltas.
      if (running.block.content === '' && isObject(input) && !isEmpty(input))
        events.delta(running.block, JSON.stringify(input))
      const byCode = isObject(caller) && caller['type'] !== 'direct'
      return events.closeTool(running.block, byCode ? { providerMetadata: { [ANTHROPIC]: { caller } } } : {})
    }
    case 'opaque': {
      const input = running.input === '' ? undefined : parseObject(running.input)
      return events.opaque(ANTHROPIC, input === undefined ? running.value : { ...running.value, input })
    }
  }
}

const citationsOf = (citations: readonly unknown[]) =>
  citations.length === 0 ? undefined : keepExtras({ citations }).providerMetadata
