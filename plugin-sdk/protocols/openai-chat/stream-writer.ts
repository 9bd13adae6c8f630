import type { WireFrames } from '../../events.ts'
import type { AnswerExtras, AnswerHead, DoorRequest, StreamWriter } from '../protocol.ts'
import { EventWriter } from './event-writer.ts'
import { objectsOf, textOf, type JsonObject } from './json.ts'
import { OPENAI_CHAT } from './name.ts'
import { writeUsage } from './usage.ts'
import { errorBody, isWhole } from './write-answer.ts'

const DONE = 'data: [DONE]\n\n'

/** Chunks as the provider sent them where it spoke this protocol, else chunks made from the events. */
export function openStream(head: AnswerHead, { includeUsage }: DoorRequest): StreamWriter {
  const events = new EventWriter(head, includeUsage)
  return {
    write: (batch) => (isOwn(batch.wire) ? writeFrames(batch.wire.frames) : events.write(batch)),

    finish(finish, wire, extras) {
      const tail = isOwn(wire) ? (wire.tail ?? []) : []
      const told = tail.findLast(hasUsage)?.['usage']
      const usage = told ?? (finish.usage === undefined ? undefined : writeUsage(finish.usage))
      const closing = tail.filter((chunk) => endsChoice(chunk) || !hasUsage(chunk))
      if (!closing.some(endsChoice)) closing.push(events.closing(finish))
      return (includeUsage ? withUsageChunk(tail, closing, usage, extras) : onLastEnd(closing, usage, extras)) + DONE
    },

    fail: (error) => line(errorBody(error)),
  }
}

/** The token counts in a chunk of their own, and nowhere else: some clients add up all they see. */
function withUsageChunk(
  tail: readonly JsonObject[],
  closing: readonly JsonObject[],
  usage: unknown,
  extras: AnswerExtras,
): string {
  const own = tail.findLast((chunk) => hasUsage(chunk) && !endsChoice(chunk)) ?? identityOf(closing.find(endsChoice))
  const rest = closing.map((chunk) => line(hasUsage(chunk) ? { ...chunk, usage: null } : chunk)).join('')
  return rest + line({ ...own, choices: [], usage: usage ?? null, ...extras })
}

/** For a client that did not ask for a usage chunk: the counts ride on the chunk that ends the answer. */
function onLastEnd(closing: readonly JsonObject[], usage: unknown, extras: AnswerExtras): string {
  const last = closing.findLastIndex(endsChoice)
  const added = usage === undefined ? extras : { usage, ...extras }
  return closing.map((chunk, index) => line(index === last ? { ...chunk, ...added } : chunk)).join('')
}

/** An answer in one piece is no part of a stream; its events are written instead. */
const isOwn = (wire: WireFrames | undefined): wire is WireFrames =>
  wire?.protocol === OPENAI_CHAT && wire.tail?.some(isWhole) !== true

/** Clients read one line for each event. A line break in JSON text can only stand between its tokens. */
const oneLine = (frame: string): string => (frame.includes('\n') ? frame.replaceAll('\n', ' ') : frame)

function writeFrames(frames: readonly string[]): string {
  let text = ''
  for (const frame of frames) text += `data: ${oneLine(frame)}\n\n`
  return text
}

const line = (chunk: JsonObject): string => `data: ${JSON.stringify(chunk)}\n\n`

const hasUsage = (chunk: JsonObject): boolean => Boolean(chunk['usage'])

const endsChoice = (chunk: JsonObject): boolean =>
  objectsOf(chunk['choices']).some((choice) => textOf(choice['finish_reason']) !== undefined)

const identityOf = (chunk: JsonObject | undefined): JsonObject => ({
  id: chunk?.['id'],
  object: 'chat.completion.chunk',
  created: chunk?.['created'],
  model: chunk?.['model'],
})
