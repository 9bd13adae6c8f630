import type { Batch, FinishEvent, ProviderEvent, WireFrames } from '../../events.ts'
import type { AnswerExtras, AnswerHead, DoorError, DoorRequest, StreamWriter } from '../protocol.ts'
import { errorBody } from './door-error.ts'
import { writeFinishReason } from './finish-reason.ts'
import type { JsonObject } from './json.ts'
import { GOOGLE } from './name.ts'
import { wrapSignature } from './signature.ts'
import { isSources } from './sources.ts'
import { writeUsage } from './usage.ts'

/** One chunk for each batch; calls are written whole, and there is no [DONE]: the answer ends with its finishReason. */
export function openStream(head: AnswerHead, { asJsonList = false }: Pick<DoorRequest, 'asJsonList'>): StreamWriter {
  const identity = { modelVersion: head.model, responseId: head.id }
  /** The protocol of the provider that answers, as far as is known and its batches told. */
  let { api } = head
  let isFirst = true
  /** They stand beside the parts of the last chunk. */
  let sources: JsonObject = {}
  const event = asJsonList ? listed : sent
  const end = asJsonList ? ']' : ''
  const object = (value: JsonObject): string => event(JSON.stringify(value))

  function listed(json: string): string {
    const before = isFirst ? '[' : ',\r\n'
    isFirst = false
    return before + json
  }

  return {
    ...(asJsonList ? { contentType: 'application/json; charset=utf-8' } : {}),

    write(batch: Batch): string {
      if (batch.wire?.protocol === GOOGLE) return batch.wire.frames.map(event).join('')
      api = batch.wire?.protocol ?? api
      for (const { content } of batch.filter((each) => each.type === 'opaque'))
        if (isSources(content)) sources = content.value
      const parts = writeParts(batch, api)
      if (parts.length === 0) return ''
      return object({ candidates: [{ content: { parts, role: 'model' }, index: 0 }], ...identity })
    },

    finish(finish: FinishEvent, wire: WireFrames | undefined, extras: AnswerExtras): string {
      const tail = wire?.protocol === GOOGLE ? (wire.tail ?? []) : []
      const last = tail.at(-1)
      if (last !== undefined) return [...tail.slice(0, -1), { ...last, ...extras }].map(object).join('') + end
      const finishReason = writeFinishReason(finish.reason, finish.rawReason)
      const closing = object({
        candidates: [{ content: { parts: [{ text: '' }], role: 'model' }, finishReason, index: 0, ...sources }],
        ...(finish.usage === undefined ? {} : { usageMetadata: writeUsage(finish.usage) }),
        ...identity,
        ...extras,
      })
      return closing + end
    },

    fail: (error: DoorError): string => object(errorBody(error)) + end,
  }
}

function writeParts(batch: readonly ProviderEvent[], api: string | undefined): JsonObject[] {
  const parts: JsonObject[] = []
  let text = ''
  let thought: boolean | undefined
  const flush = (): void => {
    if (text !== '') parts.push({ text, ...(thought === true ? { thought } : {}) })
    text = ''
  }
  const add = (delta: string, isThought: boolean): void => {
    if (thought !== isThought) flush()
    thought = isThought
    text += delta
  }
  const sign = (signature: string | undefined, isThought: boolean): void => {
    if (signature === undefined) return
    flush()
    parts.push({ text: '', ...(isThought ? { thought: true } : {}), thoughtSignature: wrapSignature(signature, api) })
  }
  for (const item of batch) {
    if (item.type === 'text_delta') add(item.delta, false)
    else if (item.type === 'thinking_delta') add(item.delta, true)
    else if (item.type === 'text_end') sign(item.textSignature, false)
    else if (item.type === 'thinking_end') sign(item.thinkingSignature, true)
    else if (item.type === 'opaque' && item.content.protocol === GOOGLE && !isSources(item.content)) {
      flush()
      parts.push(item.content.value)
    } else if (item.type === 'toolcall_end') {
      flush()
      const { id, name, arguments: args, thoughtSignature } = item.toolCall
      const signature = thoughtSignature === undefined ? {} : { thoughtSignature: wrapSignature(thoughtSignature, api) }
      parts.push({ functionCall: { id, name, args }, ...signature })
    }
  }
  flush()
  return parts
}

/** Clients read one line for each event. A line break in JSON text can only stand between its tokens. */
const sent = (frame: string): string => `data: ${frame.replaceAll('\n', ' ')}\r\n\r\n`
