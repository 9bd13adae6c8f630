import type { Batch, FinishEvent, WireFrames } from '../../events.ts'
import type { AnswerExtras, AnswerHead, DoorError, StreamWriter } from '../protocol.ts'
import { BlockWriter } from './block-writer.ts'
import { errorBody } from './error-body.ts'
import { FrameTracker } from './frame-tracker.ts'
import { sseEvent } from './frame.ts'
import { textOf, type JsonObject } from './json.ts'
import { ANTHROPIC } from './name.ts'
import { wrapSignature } from './signature.ts'
import { writeStopReason } from './stop-reason.ts'
import { writeUsage } from './usage.ts'
import { emptyMessage } from './write-answer.ts'

/** Writes a streamed answer: a provider's own events as they came while there are any, else ours. */
export class MessageStream implements StreamWriter {
  readonly #head: AnswerHead
  #frames: FrameTracker | undefined
  #blocks: BlockWriter | undefined

  constructor(head: AnswerHead) {
    this.#head = head
  }

  write(batch: Batch): string {
    const frames = this.#blocks === undefined ? framesOf(batch.wire) : undefined
    if (frames !== undefined) {
      const tracker = (this.#frames ??= new FrameTracker())
      let text = ''
      for (const frame of frames) text += tracker.pass(frame)
      return text
    }
    let text = this.#writeOurselves(batch)
    for (const event of batch)
      if (event.type !== 'start' && event.type !== 'finish') text += this.#blocks?.write(event) ?? ''
    return text
  }

  finish(finish: FinishEvent, wire: WireFrames | undefined, extras: AnswerExtras): string {
    const tail = this.#blocks === undefined && this.#frames !== undefined ? closingOf(wire) : undefined
    if (tail !== undefined) return writeTail(tail, extras)

    const begun = this.#writeOurselves([])
    const delta = {
      type: 'message_delta',
      delta: {
        stop_reason: writeStopReason(finish.reason, finish.rawReason),
        stop_sequence: null,
        stop_details: null,
        container: null,
      },
      usage: writeUsage(finish.usage),
    }
    return begun + (this.#blocks?.end() ?? '') + writeTail([delta, STOP], extras)
  }

  fail(error: DoorError): string {
    return sseEvent('error', errorBody(error))
  }

  /** Goes over to our own events, and begins the answer if nothing has. */
  #writeOurselves(batch: Batch): string {
    if (this.#blocks !== undefined) return ''
    if (this.#frames !== undefined) {
      this.#blocks = this.#frames.handOver((signature) => signature ?? '')
      return ''
    }
    this.#blocks = new BlockWriter((signature) => wrapSignature(signature, this.#head.api))
    const start = batch.find((event) => event.type === 'start')
    const message = emptyMessage(start?.responseId ?? this.#head.id, this.#head.model)
    return sseEvent('message_start', JSON.stringify({ type: 'message_start', message }))
  }
}

const STOP: JsonObject = { type: 'message_stop' }

/** The events of a stream of this protocol; undefined for other protocols and for an answer that came in one piece. */
const framesOf = (wire: WireFrames | undefined): readonly string[] | undefined =>
  wire?.protocol !== ANTHROPIC || wire.tail?.[0]?.['type'] === 'message' ? undefined : wire.frames

function closingOf(wire: WireFrames | undefined): readonly JsonObject[] | undefined {
  if (framesOf(wire) === undefined || wire?.tail === undefined) return undefined
  // A connection that ended just before the last event has still told the whole answer.
  return wire.tail.at(-1)?.['type'] === 'message_stop' ? wire.tail : [...wire.tail, STOP]
}

/** What we add rides on the last event that clients read fields from. */
function writeTail(tail: readonly JsonObject[], extras: AnswerExtras): string {
  const last = tail.findLastIndex(({ type }) => type === 'message_delta')
  const carrier = last === -1 ? tail.length - 1 : last
  return tail
    .map((event, index) => {
      const written = index === carrier ? { ...event, ...extras } : event
      return sseEvent(textOf(event['type']) ?? '', JSON.stringify(written))
    })
    .join('')
}
