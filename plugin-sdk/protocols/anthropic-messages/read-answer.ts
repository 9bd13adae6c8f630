import type { ByteStream } from '../../byte-stream.ts'
import type { Batch } from '../../events.ts'
import { SseReader } from '../../sse.ts'
import { AnswerDecoder, type Reading } from './answer-decoder.ts'

/** Milliseconds the end of a body may take after the end of the answer. */
const LINGER_MS = 1000

/** The events of a streamed answer, one batch for each network chunk that says something. */
export async function* readStream(body: ByteStream, reading: Reading): AsyncGenerator<Batch> {
  const sse = new SseReader()
  const decoder = new AnswerDecoder(reading)
  try {
    while (!decoder.done) {
      const step = await body.next()
      decoder.addEvents(step.done === true ? sse.end() : sse.feed(step.value))
      if (step.done === true && decoder.failure === undefined) decoder.end()
      const batch = decoder.take()
      if (batch !== undefined) yield batch
      if (decoder.failure !== undefined) throw decoder.failure
    }
  } finally {
    if (decoder.done) void letEnd(body)
    else await body.return()
  }
}

/** Reads on beside everything else: only a body read whole leaves a connection that the next request can use. */
async function letEnd(body: ByteStream): Promise<void> {
  const timer = setTimeout(() => void body.return(), LINGER_MS)
  try {
    while ((await body.next()).done !== true);
  } catch {
    // The answer is complete; how its connection ended no longer matters.
  } finally {
    clearTimeout(timer)
  }
}

/** An answer that came in one piece. */
export function readWhole(text: string, reading: Reading): Batch {
  const decoder = new AnswerDecoder(reading)
  decoder.addWhole(text)
  return decoder.take() ?? []
}
