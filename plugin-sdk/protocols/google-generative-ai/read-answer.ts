import type { ByteStream } from '../../byte-stream.ts'
import type { ProviderError } from '../../errors.ts'
import type { Batch, ProviderEvent, WireFrames } from '../../events.ts'
import { SseReader } from '../../sse.ts'
import { AnswerDecoder, candidateOf, partsOf, type Asked } from './answer-decoder.ts'
import { isObject, objectsOf, textOf, type JsonObject } from './json.ts'
import { GOOGLE } from './name.ts'

export interface Reading extends Asked {
  /** Sorts an error object that stood inside an answer with status 200. */
  failure(error: JsonObject): ProviderError
  /** For an answer that is not what was asked for. */
  garbled(text: string): ProviderError
}

/** The events of a streamed answer, one batch for each network chunk that says something. */
export async function* readStream(body: ByteStream, reading: Reading): AsyncGenerator<Batch> {
  const sse = new SseReader()
  const decoder = new AnswerDecoder(reading)
  let frames: string[] = []
  // Usually the last chunk alone. Old models name a finishReason in every chunk, and some hosts send usage after it.
  const closing: { readonly chunk: JsonObject; readonly data: string }[] = []
  const pass = ({ chunk, data }: (typeof closing)[number]): void => {
    decoder.add(chunk)
    frames.push(data)
  }
  const accept = (data: string): void => {
    if (data === '' || data === '[DONE]') return
    const [chunk] = parse(data, reading)
    if (chunk === undefined) return
    if (saysSomething(chunk)) closing.splice(0).forEach(pass)
    if (closing.length > 0 || isFinishing(chunk)) closing.push({ chunk, data })
    else pass({ chunk, data })
  }

  for await (const bytes of body) {
    for (const { data } of sse.feed(bytes)) accept(data)
    const events = decoder.take()
    if (events.length === 0) continue
    yield batchOf(events, { protocol: GOOGLE, frames })
    frames = []
  }
  // Half an event at the end means a cut connection; "cut" is then the error, not "no JSON".
  for (const { data } of sse.end()) if (isJson(data)) accept(data)
  for (const { chunk } of closing) decoder.add(chunk)
  decoder.finish()
  yield batchOf(decoder.take(), { protocol: GOOGLE, frames, tail: closing.map(({ chunk }) => chunk) })
}

/** An answer that came in one piece: one object, or a list of chunks from a host that ignores `alt=sse`. */
export function readWhole(text: string, reading: Reading): Batch {
  const decoder = new AnswerDecoder(reading)
  const chunks = parse(text, reading)
  for (const chunk of chunks) decoder.add(chunk)
  decoder.finish()
  return batchOf(decoder.take(), { protocol: GOOGLE, frames: [], tail: chunks })
}

function parse(text: string, reading: Reading): readonly JsonObject[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw reading.garbled(text)
  }
  const chunks = objectsOf(value)
  for (const { error } of chunks) if (isObject(error)) throw reading.failure(error)
  return chunks
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const saysSomething = (chunk: JsonObject): boolean =>
  objectsOf(chunk['candidates']).some((candidate) => partsOf(candidate).length > 0)

const isFinishing = (chunk: JsonObject): boolean => textOf(candidateOf(chunk)?.['finishReason']) !== undefined

const batchOf = (events: ProviderEvent[], wire: WireFrames): Batch => Object.assign(events, { wire })
