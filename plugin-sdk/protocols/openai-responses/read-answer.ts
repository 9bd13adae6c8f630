import type { ByteStream } from '../../byte-stream.ts'
import type { Batch } from '../../events.ts'
import { SseReader } from '../../sse.ts'
import { AnswerDecoder, type Reading } from './answer-decoder.ts'

/** How long the end of a body may take after the end of the answer. */
const LAST_BYTES_MS = 1000

/** The events of a streamed answer, one batch for each network chunk that says something. */
export async function* readStream(body: ByteStream, reading: Reading): AsyncGenerator<Batch> {
  const sse = new SseReader()
  const decoder = new AnswerDecoder(reading)
  try {
    while (!decoder.done) {
      const step = await body.next()
      decoder.addEvents(step.done === true ? sse.end() : sse.feed(step.value))
      if (step.done === true) decoder.end()
      const batch = decoder.take()
      if (batch !== undefined) yield batch
      if (decoder.failure !== undefined) throw decoder.failure
    }
  } finally {
    if (decoder.done) readOn(body)
    else await body.return()
  }
}

/** An answer that came in one piece. */
export async function* readWhole(body: ByteStream, reading: Reading): AsyncGenerator<Batch> {
  const decoder = new AnswerDecoder(reading)
  decoder.addWhole(await body.text())
  const batch = decoder.take()
  if (decoder.failure !== undefined) throw decoder.failure
  if (batch !== undefined) yield batch
}

/**
 * Reads the end of a body nobody needs any more, beside everything else: only a body read whole leaves its connection
 * usable, and the next request then needs no new one.
 */
function readOn(body: ByteStream): void {
  const timer = setTimeout(() => void body.return(), LAST_BYTES_MS).unref()
  const read = async (): Promise<void> => {
    try {
      while ((await body.next()).done !== true);
    } catch {
      // The answer is complete; how its connection ended is of no interest.
    } finally {
      clearTimeout(timer)
    }
  }
  void read()
}
