import { EventBuilder } from '../../event-builder.ts'
import type { Batch, ProviderEvent, WireFrames } from '../../events.ts'
import { AnswerDecoder } from './answer-decoder.ts'
import { ContentReader } from './content-reader.ts'
import { failureOf, readFinishReason } from './finish-reason.ts'
import { isObject, parseJson, textOf, type JsonObject } from './json.ts'
import { OPENAI_CHAT } from './name.ts'
import { finishOf, hasContent, isError, startOf, usageIn, type Reading } from './reading.ts'

/**
 * An answer in one piece. Throws the provider error that it stands for when it is none. `passes`: it goes on as it came, so
 * that words alone need not be told unless somebody asks.
 */
export function readWhole(text: string, reading: Reading, passes: boolean): Batch {
  const answer = parseJson(text)
  if (!isObject(answer)) throw reading.garbled(text)
  return (passes ? onlyEnds(text, answer, reading) : undefined) ?? decoded(text, answer, reading)
}

function decoded(text: string, answer: JsonObject, reading: Reading): Batch {
  const decoder = new AnswerDecoder(reading)
  decoder.addWhole(text, answer)
  return decoder.take() ?? []
}

/** How words alone begin and end: one choice of a good answer that says nothing else. Undefined for others. */
function onlyEnds(text: string, answer: JsonObject, reading: Reading): Batch | undefined {
  const choices = answer['choices']
  const choice: unknown = Array.isArray(choices) && choices.length === 1 ? choices[0] : undefined
  if (!isObject(choice) || choice['error'] || isError(answer)) return undefined
  const { message } = choice
  const raw = textOf(choice['finish_reason'])
  if (!isObject(message) || !isWordsAlone(message) || failureOf(raw) !== undefined) return undefined
  const events: ProviderEvent[] & { wire?: WireFrames } = [
    startOf(textOf(answer['id']), textOf(answer['model']), reading),
    finishOf(readFinishReason(raw, false, false), raw, usageIn(answer, choice, reading.compat)),
  ]
  events.wire = { protocol: OPENAI_CHAT, frames: NONE, tail: [answer], text, unread: () => wordsOf(message) }
  return events
}

const NONE: readonly string[] = []

/** How an answer ended can depend on what else a message holds. */
function isWordsAlone(message: JsonObject): boolean {
  if (typeof message['content'] !== 'string') return false
  for (const name in message)
    if (name !== 'role' && name !== 'content' && message[name] !== null && hasContent(message[name])) return false
  return true
}

function wordsOf(message: JsonObject): readonly ProviderEvent[] {
  const events = new EventBuilder()
  const content = new ContentReader(events, () => undefined)
  content.add(message)
  content.end()
  return events.take()
}
