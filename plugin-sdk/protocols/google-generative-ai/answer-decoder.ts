import { randomUUID } from 'node:crypto'
import { ProviderError } from '../../errors.ts'
import { EventBuilder, type ToolBlock } from '../../event-builder.ts'
import type { ProviderEvent } from '../../events.ts'
import type { Warning } from '../../messages.ts'
import { readFinishReason } from './finish-reason.ts'
import { isObject, objectsOf, textOf, type JsonObject } from './json.ts'
import { GOOGLE } from './name.ts'
import { PartialArguments } from './partial-arguments.ts'
import { addSources } from './sources.ts'
import { hasCounts, readUsage } from './usage.ts'

export interface Asked {
  readonly provider: string
  readonly model: string
  readonly warnings: readonly Warning[]
}

/** The one answer we can tell; a request for several (`candidateCount`) is served by pass-through only. */
export const candidateOf = (chunk: JsonObject): JsonObject | undefined =>
  objectsOf(chunk['candidates']).find((candidate) => (candidate['index'] ?? 0) === 0)

export const partsOf = (candidate: JsonObject | undefined): readonly JsonObject[] =>
  isObject(candidate?.['content']) ? objectsOf(candidate['content']['parts']) : []

/** Tells the chunks of one answer as events. */
export class AnswerDecoder {
  readonly #events = new EventBuilder()
  readonly #asked: Asked
  #started = false
  /** Every chunk has counts, and those of the last one count. */
  #usage: JsonObject | undefined
  #finishReason: string | undefined
  #finishMessage: string | undefined
  #calledTool = false
  #sources: JsonObject = {}
  /** A call whose arguments still arrive in pieces. */
  #running: { block: ToolBlock; written: PartialArguments; signature: string | undefined } | undefined

  constructor(asked: Asked) {
    this.#asked = asked
  }

  add(chunk: JsonObject): void {
    if (!this.#started) this.#start(chunk)
    if (hasCounts(chunk['usageMetadata'])) this.#usage = chunk['usageMetadata']
    const candidate = candidateOf(chunk)
    if (candidate === undefined) return this.#refuseBlocked(chunk)
    for (const part of partsOf(candidate)) this.#part(part)
    this.#sources = addSources(this.#sources, candidate)
    this.#finishReason = textOf(candidate['finishReason']) ?? this.#finishReason
    this.#finishMessage = textOf(candidate['finishMessage']) ?? this.#finishMessage
  }

  /** Throws when the provider never said that the answer is complete, or that it broke off. */
  finish(): void {
    const raw = this.#finishReason
    const { provider, model } = this.#asked
    if (raw === undefined)
      throw new ProviderError('network', `${provider} ended the answer without a finishReason: it was cut.`, {
        providerCode: 'truncated',
        provider,
        model,
        hint: 'What arrived is incomplete; ask again.',
      })
    const reason = readFinishReason(raw, this.#calledTool)
    if (reason === undefined)
      throw new ProviderError('server', this.#finishMessage ?? `${provider} broke the answer off: ${raw}.`, {
        providerCode: raw,
        provider,
        model,
      })
    this.#endCall()
    this.#closeText()
    if (Object.keys(this.#sources).length > 0) this.#events.opaque(GOOGLE, this.#sources)
    this.#events.finish({
      reason,
      rawReason: raw,
      ...(this.#usage === undefined ? {} : { usage: readUsage(this.#usage) }),
    })
  }

  take(): ProviderEvent[] {
    return this.#events.take()
  }

  #start(chunk: JsonObject): void {
    this.#started = true
    const responseId = textOf(chunk['responseId'])
    const responseModel = textOf(chunk['modelVersion'])
    const { warnings, model } = this.#asked
    this.#events.start({
      ...(responseId === undefined ? {} : { responseId }),
      ...(responseModel === undefined || responseModel === model ? {} : { responseModel }),
      ...(warnings.length === 0 ? {} : { warnings }),
    })
  }

  #refuseBlocked(chunk: JsonObject): void {
    const feedback = chunk['promptFeedback']
    const reason = isObject(feedback) ? textOf(feedback['blockReason']) : undefined
    if (!isObject(feedback) || reason === undefined) return
    const { provider, model } = this.#asked
    const message = textOf(feedback['blockReasonMessage']) ?? `${provider} blocked the prompt: ${reason}.`
    throw new ProviderError('content_filter', message, { providerCode: reason, provider, model })
  }

  #part(part: JsonObject): void {
    const text = textOf(part['text'])
    const signature = textOf(part['thoughtSignature'])
    if (isObject(part['functionCall'])) return this.#call(part['functionCall'], signature)
    // Whatever comes next, the call before it is over; some streams leave its end out.
    this.#endCall()
    if (text === undefined) return this.#other(part)
    if (part['thought'] === true) this.#thinking(text, signature)
    else this.#text(text, signature)
  }

  /** A part only this protocol knows: code that was run, a generated image, ... */
  #other(part: JsonObject): void {
    this.#closeText()
    const { thought: _thought, thoughtSignature: _signature, ...says } = part
    if (Object.keys(says).length > 0) this.#events.opaque(GOOGLE, part)
  }

  #text(text: string, signature: string | undefined): void {
    this.#events.text(text)
    if (signature === undefined) return
    this.#closeThinking()
    // The signature often comes alone in an empty part, and belongs to the text before it.
    this.#events.closeText(this.#events.last('text') ?? this.#events.openText(), signature)
  }

  #thinking(text: string, signature: string | undefined): void {
    this.#events.thinking(text)
    if (signature === undefined) return
    this.#closePlainText()
    const block = this.#events.last('thinking') ?? this.#events.openThinking()
    this.#events.closeThinking(block, { thinkingSignature: signature })
  }

  #call(call: JsonObject, signature: string | undefined): void {
    this.#closeText()
    const name = textOf(call['name'])
    if (name !== undefined) this.#beginCall(textOf(call['id']), name, signature)
    const running = this.#running
    if (running === undefined) return
    const { args, partialArgs, willContinue } = call
    // An empty object beside pieces still to come says nothing yet.
    if (isObject(args) && !(willContinue === true && Object.keys(args).length === 0))
      this.#events.delta(running.block, JSON.stringify(args))
    else this.#events.delta(running.block, running.written.add(partialArgs))
    if (willContinue !== true) this.#endCall()
  }

  #beginCall(id: string | undefined, name: string, signature: string | undefined): void {
    this.#endCall()
    this.#calledTool = true
    const block = this.#events.openTool(id || `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`, name)
    this.#running = { block, written: new PartialArguments(), signature }
  }

  #endCall(): void {
    const running = this.#running
    if (running === undefined) return
    this.#running = undefined
    const { block, written, signature } = running
    if (block.content === '' || !written.isEmpty) this.#events.delta(block, written.end())
    this.#events.closeTool(block, signature === undefined ? {} : { thoughtSignature: signature })
  }

  #closeText(): void {
    this.#closePlainText()
    this.#closeThinking()
  }

  #closePlainText(): void {
    const block = this.#events.last('text')
    if (block !== undefined) this.#events.closeText(block)
  }

  #closeThinking(): void {
    const block = this.#events.last('thinking')
    if (block !== undefined) this.#events.closeThinking(block)
  }
}
