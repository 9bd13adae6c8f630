import type { Batch, FinishEvent, ProviderEvent, ThinkingEnd, ToolCallEnd } from '../../events.ts'
import type { AnswerHead } from '../protocol.ts'
import { writeFinishReason } from './finish-reason.ts'
import { textOf, type JsonObject } from './json.ts'
import { messageFields, ownFields } from './metadata.ts'
import { sealCall, sealThought } from './signature.ts'

interface WrittenCall {
  readonly index: number
  hasArguments: boolean
}

/** Writes events as chunks. What every chunk has in common is written once. */
export class EventWriter {
  readonly #head: AnswerHead
  readonly #includeUsage: boolean
  /** The protocol of the provider. */
  #api: string | undefined
  #identity: JsonObject | undefined
  #before = ''
  #after = ''
  #began = false
  #calls = 0
  /** By `contentIndex`. */
  readonly #written: (WrittenCall | true | undefined)[] = []

  constructor(head: AnswerHead, includeUsage: boolean) {
    this.#head = head
    this.#includeUsage = includeUsage
  }

  write(batch: Batch): string {
    this.#identify(batch)
    let text = ''
    for (const event of batch) text += this.#event(event)
    return text
  }

  /** The chunk that says why the answer ended. */
  closing(finish: FinishEvent): JsonObject {
    const delta = this.#began ? {} : { role: 'assistant', content: '' }
    return {
      ...(this.#identity ?? this.#identityOf(this.#head.id)),
      choices: [{ index: 0, delta, logprobs: null, finish_reason: writeFinishReason(finish.reason) }],
    }
  }

  #identityOf(id: string): JsonObject {
    return { id, object: 'chat.completion.chunk', created: this.#head.created, model: this.#head.model }
  }

  #identify(batch: Batch): void {
    if (this.#before !== '') return
    const [start] = batch
    this.#api = this.#head.api ?? batch.wire?.protocol
    this.#identity = this.#identityOf((start?.type === 'start' ? start.responseId : undefined) ?? this.#head.id)
    this.#before = `data: ${JSON.stringify(this.#identity).slice(0, -1)},"choices":[{"index":0,"delta":`
    this.#after = `,"logprobs":null,"finish_reason":null}]${this.#includeUsage ? ',"usage":null' : ''}}\n\n`
  }

  #event(event: ProviderEvent): string {
    switch (event.type) {
      case 'text_delta':
        this.#written[event.contentIndex] = true
        return this.#chunk(`{"content":${JSON.stringify(event.delta)}}`)
      case 'thinking_delta':
        this.#written[event.contentIndex] = true
        return this.#chunk(`{"reasoning_content":${JSON.stringify(event.delta)}}`)
      case 'toolcall_start': {
        const call = this.#call(event.contentIndex)
        const start = {
          index: call.index,
          id: event.id,
          type: 'function',
          function: { name: event.name, arguments: '' },
        }
        return this.#chunk(JSON.stringify({ tool_calls: [start] }))
      }
      case 'toolcall_delta':
        return this.#arguments(this.#call(event.contentIndex), event.delta)
      case 'toolcall_end':
        return this.#endCall(event)
      // A provider may tell a block only when it is whole.
      case 'text_end':
        return this.#whole(event.contentIndex, 'content', event.content)
      case 'thinking_end':
        return this.#whole(event.contentIndex, 'reasoning_content', event.content) + this.#sign(event)
      case 'opaque': {
        const fields = messageFields(event.content)
        return Object.keys(fields).length === 0 ? '' : this.#chunk(JSON.stringify(fields))
      }
      case 'start':
      case 'text_start':
      case 'thinking_start':
      case 'finish':
        return ''
    }
  }

  #chunk(delta: string): string {
    if (this.#began) return this.#before + delta + this.#after
    this.#began = true
    return `${this.#before}{"role":"assistant","content":""}${this.#after}${this.#before}${delta}${this.#after}`
  }

  #whole(contentIndex: number, field: string, content: string): string {
    if (content === '' || this.#written[contentIndex] !== undefined) return ''
    return this.#chunk(JSON.stringify({ [field]: content }))
  }

  #call(contentIndex: number): WrittenCall {
    const known = this.#written[contentIndex]
    if (typeof known === 'object') return known
    const call = { index: this.#calls++, hasArguments: false }
    this.#written[contentIndex] = call
    return call
  }

  #arguments(call: WrittenCall, text: string): string {
    call.hasArguments = true
    return this.#chunk(`{"tool_calls":[{"index":${call.index},"function":{"arguments":${JSON.stringify(text)}}}]}`)
  }

  /** Once more, with the signature, for clients that send their thoughts back. */
  #sign({ contentIndex, content, ...signed }: ThinkingEnd): string {
    const details = sealThought({ thinking: content, ...signed }, this.#api, contentIndex)
    return details.length === 0 ? '' : this.#chunk(JSON.stringify({ reasoning_details: details }))
  }

  /** Clients parse the arguments, so a call without any has an empty object. */
  #endCall({ contentIndex, toolCall }: ToolCallEnd): string {
    const call = this.#call(contentIndex)
    const missing = call.hasArguments
      ? ''
      : this.#arguments(call, textOf(ownFields(toolCall)['arguments']) ?? JSON.stringify(toolCall.arguments))
    if (toolCall.thoughtSignature === undefined) return missing
    const signed = { index: call.index, ...sealCall(toolCall.thoughtSignature, this.#api) }
    return missing + this.#chunk(JSON.stringify({ tool_calls: [signed] }))
  }
}
