import type { EventBuilder, TextBlock, ThinkingBlock } from '../../event-builder.ts'
import { isObject, objectsOf, textOf, type JsonObject } from './json.ts'
import { OPENAI_CHAT } from './name.ts'
import { ReasoningDetails } from './reasoning-details.ts'
import { THINKING_PARTS, reasoningFieldOf } from './reasoning-fields.ts'
import { ToolCalls } from './tool-calls.ts'

/** Lists that stand beside the content of a message: sources, and generated images (OpenRouter). */
const MESSAGE_LISTS = ['annotations', 'images']

/** Tells deltas as content blocks. A whole message has the fields of a delta, so it is read in the same way. */
export class ContentReader {
  readonly #events: EventBuilder
  readonly #onBlock: () => void
  /** Made when the first of them comes: most answers hold neither. */
  #details: ReasoningDetails | undefined
  #tools: ToolCalls | undefined
  #text: TextBlock | undefined
  #thinking: ThinkingBlock | undefined
  #thinkingField = ''
  #refused = false
  #fields: Record<string, readonly unknown[]> | undefined

  /** `onBlock` runs before each block begins. */
  constructor(events: EventBuilder, onBlock: () => void) {
    this.#events = events
    this.#onBlock = onBlock
  }

  get calledTool(): boolean {
    return this.#tools?.any === true
  }

  /** The model declined to answer, in its own words. */
  get refused(): boolean {
    return this.#refused
  }

  add(delta: JsonObject): void {
    const details = delta['reasoning_details']
    const thought = textOf(delta['reasoning_content']) ?? textOf(delta['reasoning']) ?? textOf(delta['reasoning_text'])
    if (details || thought !== undefined) this.#reason(delta, details, thought)
    const content = delta['content']
    if (typeof content === 'string') {
      if (content !== '') this.#say(content)
    } else if (content) this.#addParts(content)
    const refusal = delta['refusal']
    if (refusal) this.#refuse(refusal)
    const calls = delta['tool_calls']
    if (calls) for (const call of objectsOf(calls)) this.#toolCalls().add(call)
    const legacy = delta['function_call']
    if (legacy && isObject(legacy)) this.#toolCalls().addLegacy(legacy)
    for (const name of MESSAGE_LISTS) this.#gather(name, delta[name])
  }

  /** A delta that is nothing but this text. */
  addText(field: string, text: string): void {
    if (text === '') return
    if (field === 'content') this.#say(text)
    else this.#think(text, field)
  }

  /** Closes what is open. */
  end(): void {
    this.#turn()
    // Signatures that came behind the words they belong to.
    if (this.#details?.hasSecrets === true) this.#openThinking('reasoning')
    this.#closeThinking()
    this.#tools?.close()
    if (this.#fields !== undefined) this.#keep(this.#fields)
  }

  #toolCalls(): ToolCalls {
    return (this.#tools ??= new ToolCalls(this.#events, () => this.#turn()))
  }

  #say(text: string): void {
    if (this.#text === undefined) {
      this.#turn()
      this.#text = this.#events.openText()
    }
    this.#events.delta(this.#text, text)
  }

  #think(text: string, field: string): void {
    this.#events.delta(this.#openThinking(field), text)
  }

  #refuse(refusal: unknown): void {
    if (typeof refusal !== 'string') return
    this.#refused = true
    this.#say(refusal)
  }

  #reason(delta: JsonObject, details: unknown, thought: string | undefined): void {
    this.#details ??= new ReasoningDetails()
    const text = thought ?? this.#details.textOf(details)
    this.#details.add(details)
    if (text !== '') return this.#think(text, reasoningFieldOf(delta) ?? 'reasoning')
    // Thoughts that are signed or encrypted, without words. Behind the first words of the answer they wait for its end.
    if (this.#text === undefined && !this.calledTool && this.#details.hasSecrets) this.#openThinking('reasoning')
  }

  /** Content as a list of parts (Mistral). */
  #addParts(content: unknown): void {
    for (const part of objectsOf(content)) {
      const thinking = part['thinking']
      const thoughts = typeof thinking === 'string' ? [{ text: thinking }] : objectsOf(thinking)
      for (const { text } of thoughts) if (textOf(text) !== undefined) this.#think(text as string, THINKING_PARTS)
      const text = textOf(part['text'])
      if (text !== undefined) this.#say(text)
      else if (thinking === undefined) this.#keep(part)
    }
  }

  /** A part of which only this protocol knows what it is, or fields that stand beside the parts. */
  #keep(value: JsonObject): void {
    this.#turn()
    this.#events.opaque(OPENAI_CHAT, value)
  }

  #gather(name: string, told: unknown): void {
    if (!Array.isArray(told) || told.length === 0) return
    this.#onBlock()
    this.#fields = { ...this.#fields, [name]: [...(this.#fields?.[name] ?? []), ...(told as unknown[])] }
  }

  #openThinking(field: string): ThinkingBlock {
    if (this.#thinking === undefined) {
      this.#turn()
      this.#thinking = this.#events.openThinking()
      this.#thinkingField = field
    }
    return this.#thinking
  }

  /** Ends the text or thought that was running, before something else begins. */
  #turn(): void {
    this.#onBlock()
    this.#closeThinking()
    if (this.#text !== undefined) this.#events.closeText(this.#text)
    this.#text = undefined
  }

  #closeThinking(): void {
    if (this.#thinking === undefined) return
    const thinkingSignature = this.#details?.take() ?? this.#thinkingField
    this.#events.closeThinking(this.#thinking, { thinkingSignature })
    this.#thinking = undefined
  }
}
