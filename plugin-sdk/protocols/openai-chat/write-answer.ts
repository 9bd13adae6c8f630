import type { AssistantMessage, ToolCall } from '../../messages.ts'
import type { Answer, AnswerExtras, DoorError } from '../protocol.ts'
import { writeFinishReason } from './finish-reason.ts'
import { isObject, objectsOf, textOf, type JsonObject } from './json.ts'
import { messageFields, ownFields } from './metadata.ts'
import { OPENAI_CHAT } from './name.ts'
import { sealCall, sealThought } from './signature.ts'
import { writeUsage } from './usage.ts'

/** The provider's own object where it spoke this protocol, else one made from the message. */
export function writeAnswer(answer: Answer, extras: AnswerExtras): string {
  const { id, created, model, wire } = answer
  const whole = wholeIn(wire)
  if (whole === undefined) return writeOwn(answer, extras)
  return (
    spliced(wire?.text, whole, extras) ??
    JSON.stringify({
      ...whole,
      id: textOf(whole['id']) ?? id,
      object: textOf(whole['object']) ?? 'chat.completion',
      created: whole['created'] ?? created,
      model: textOf(whole['model']) ?? model,
      ...extras,
    })
  )
}

function wholeIn(wire: Answer['wire']): JsonObject | undefined {
  if (wire?.protocol !== OPENAI_CHAT) return undefined
  return wire.text === undefined ? wire.tail?.find(isWhole) : wire.tail?.[0]
}

/**
 * The provider's own text with our fields behind its own: writing a long answer anew takes as long as reading it. Undefined
 * where a field that clients rely on is missing, or one of ours would stand there twice.
 */
function spliced(text: string | undefined, whole: JsonObject, extras: AnswerExtras): string | undefined {
  if (text === undefined || !hasHead(whole)) return undefined
  for (const name in extras) if (whole[name] !== undefined) return undefined
  const added = JSON.stringify(extras)
  return added === '{}' ? text : `${text.slice(0, text.lastIndexOf('}'))},${added.slice(1)}`
}

const hasHead = ({ id, object, created, model }: JsonObject): boolean =>
  textOf(id) !== undefined &&
  textOf(object) !== undefined &&
  textOf(model) !== undefined &&
  created !== undefined &&
  created !== null

function writeOwn({ id, created, model, message }: Answer, extras: AnswerExtras): string {
  return JSON.stringify({
    id: message.responseId ?? id,
    object: 'chat.completion',
    created,
    model,
    choices: [
      {
        index: 0,
        message: writeMessage(message),
        logprobs: null,
        finish_reason: writeFinishReason(message.stopReason ?? 'stop'),
      },
    ],
    ...(message.usage === undefined ? {} : { usage: writeUsage(message.usage) }),
    ...extras,
  })
}

/** An answer in one piece, as opposed to the last chunks of a stream. */
export const isWhole = (object: JsonObject): boolean =>
  objectsOf(object['choices']).some((choice) => isObject(choice['message']) && choice['delta'] === undefined)

function writeMessage({ content, api }: AssistantMessage): JsonObject {
  const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const thoughts = content.map((part) => (part.type === 'thinking' ? part.thinking : '')).join('')
  const details = content.flatMap((part, index) => (part.type === 'thinking' ? sealThought(part, api, index) : []))
  const calls = content.filter((part) => part.type === 'toolCall')
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    ...(thoughts === '' ? {} : { reasoning_content: thoughts }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    refusal: null,
    ...Object.assign({}, ...content.map((part) => (part.type === 'opaque' ? messageFields(part) : {}))),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map((call) => writeCall(call, api)) }),
  }
}

const writeCall = (call: ToolCall, api: string | undefined): JsonObject => ({
  id: call.id,
  type: 'function',
  function: { name: call.name, arguments: textOf(ownFields(call)['arguments']) ?? JSON.stringify(call.arguments) },
  ...sealCall(call.thoughtSignature, api),
})

export const errorBody = ({ message, type, param, code, provider, requestId }: DoorError): JsonObject => ({
  error: { message, type, param, code, provider, request_id: requestId },
})
