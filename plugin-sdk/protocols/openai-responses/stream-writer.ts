import type { Batch, FinishEvent, WireFrames } from '../../events.ts'
import type { AnswerExtras, AnswerHead, DoorError, StreamWriter } from '../protocol.ts'
import { responseId } from './ids.ts'
import { ItemWriter } from './item-writer.ts'
import { isObject, textOf, type JsonObject } from './json.ts'
import { OPENAI_RESPONSES } from './name.ts'
import { PassedOutput } from './passed-output.ts'
import { endedFields, responseObject } from './response-object.ts'
import { passedEvent, typeOfFrame } from './sse-event.ts'
import { errorObject, failedResponseError } from './write-error.ts'

/**
 * Passes on the events of a provider of this protocol as they came, and writes those of every other answer. When an answer
 * that was passed on loses its own form on the way, because somebody changed a batch, its open items are closed with what
 * they hold and the rest follows in new ones.
 */
export function openStream(head: AnswerHead): StreamWriter {
  let id: string | undefined
  let api: string | undefined
  let passed: PassedOutput | undefined
  let items: ItemWriter | undefined

  const response = (fields: JsonObject): JsonObject =>
    responseObject({ id: id ?? responseId(head.id), created: head.created, model: head.model }, fields)

  const begin = (): [ItemWriter, string] => {
    const held = passed?.held()
    const writer = new ItemWriter({
      response: (id ??= responseId(head.id)),
      nextSequence: held?.nextSequence ?? 0,
      nextIndex: held?.nextIndex ?? 0,
    })
    items = writer
    if (held === undefined) {
      const created = writer.event('response.created', { response: response({}) })
      return [writer, created + writer.event('response.in_progress', { response: response({}) })]
    }
    let text = ''
    for (const { index, item, open } of held.items)
      if (open) text += writer.takeOver(index, item)
      else writer.keep(index, item)
    return [writer, text]
  }
  const own = (): [ItemWriter, string] => (items === undefined ? begin() : [items, ''])

  return {
    write(batch: Batch): string {
      const { wire } = batch
      api = wire?.protocol ?? api
      const [first] = batch
      if (first?.type === 'start' && id === undefined && first.responseId !== undefined) id = first.responseId
      if (items === undefined && wire?.protocol === OPENAI_RESPONSES && (passed || wire.frames.length > 0)) {
        const output = (passed ??= new PassedOutput())
        return wire.frames.map((frame) => pass(frame, output)).join('')
      }
      if (passed === undefined && items === undefined) id = responseId(id ?? head.id)
      const [writer, text] = own()
      return batch.reduce((written, event) => written + writer.write(event, api), text)
    },

    finish(finish: FinishEvent, wire: WireFrames | undefined, extras: AnswerExtras): string {
      const last = items === undefined && wire?.protocol === OPENAI_RESPONSES ? wire.tail?.at(-1) : undefined
      if (passed !== undefined && isObject(last?.['response'])) {
        const event = JSON.stringify({ ...last, response: { ...last['response'], ...extras } })
        return passedEvent(textOf(last['type']), event)
      }
      const [writer, begun] = own()
      const text = begun + writer.closeAwaited()
      const fields = endedFields(finish.reason, finish.usage, writer.output)
      const type = fields['status'] === 'completed' ? 'response.completed' : 'response.incomplete'
      return text + writer.event(type, { response: { ...response(fields), ...extras } })
    },

    fail(error: DoorError): string {
      const [writer, begun] = own()
      const text = begun + writer.closeAwaited()
      // Flat as the official schema has it, and nested as the official servers send it.
      const { code, message, param } = error
      const told = writer.event('error', { code, message, param, error: errorObject(error) })
      const failed = response({ status: 'failed', error: failedResponseError(error), output: writer.output })
      return text + told + writer.event('response.failed', { response: failed })
    },
  }
}

function pass(frame: string, output: PassedOutput): string {
  const type = typeOfFrame(frame)
  output.saw(type, frame)
  return passedEvent(type, frame)
}
