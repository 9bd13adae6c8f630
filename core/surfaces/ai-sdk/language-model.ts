import type { StreamEvent } from '@plugboard/sdk'
import type { AnsweringHost } from './host.ts'
import { readCall } from './read-call.ts'
import { abortError, callError } from './sdk-errors.ts'
import type { LanguageModel, StreamPart } from './specification.ts'
import { writeAnswer } from './write-answer.ts'
import { partWriter } from './write-parts.ts'

export const languageModel = (host: AnsweringHost, modelId: string): LanguageModel => ({
  specificationVersion: 'v3',
  provider: 'plugboard',
  modelId,
  // None: the AI SDK then loads what a prompt names by URL, and every provider can take it.
  supportedUrls: {},

  async doGenerate(call) {
    const { context, options, warnings } = readCall(call)
    const answer = host.stream(modelId, context, options)
    const message = await answer.result()
    const { error } = message
    if (error !== undefined) throw failure(error, modelId, options.signal)
    return writeAnswer(message, answer, warnings)
  },

  async doStream(call) {
    const { context, options, warnings } = readCall(call)
    const answer = host.stream(modelId, context, options)
    const events = answer[Symbol.asyncIterator]()
    const write = partWriter(answer, modelId, warnings)
    const waiting: StreamEvent[] = []
    // What fails before it begins is thrown: callers expect it so, and nothing was shown to anybody yet.
    for (let begun = false; !begun;) {
      const event = await nextOf(events)
      if (event === undefined) break
      if (event.type === 'error') throw failure(event.error, modelId, options.signal)
      waiting.push(event)
      begun = event.type !== 'start'
    }
    return {
      stream: new ReadableStream<StreamPart>({
        async pull(controller) {
          // Until something is told: a pull that gives nothing is the last one.
          for (let told = false; !told;) {
            const event = waiting.shift() ?? (await nextOf(events))
            if (event === undefined) return controller.close()
            if (event.type === 'error' && options.signal?.aborted === true)
              return controller.error(abortError(options.signal))
            const parts = write(event)
            for (const part of parts) controller.enqueue(part)
            told = parts.length > 0
          }
        },
        async cancel() {
          await events.return?.()
        },
      }),
    }
  },
})

const failure = (error: Parameters<typeof callError>[0], modelId: string, signal: AbortSignal | undefined): unknown =>
  signal?.aborted === true ? abortError(signal) : callError(error, modelId)

async function nextOf(events: AsyncIterator<StreamEvent>): Promise<StreamEvent | undefined> {
  const { done, value } = await events.next()
  return done === true ? undefined : value
}
