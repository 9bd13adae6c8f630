import { ProviderError, createReport, type Batch, type ProviderRequest } from '@plugboard/sdk'
import { failureOf, PartDecoder, type FailedProvider } from '@plugboard/sdk/ai-sdk'
import { callOptions } from './call-options.ts'
import type { LanguageModel, Part } from './model.ts'
import type { Limits } from './within-max-tokens.ts'

/** A package's provider, ready for calls. */
export interface Connection extends FailedProvider {
  readonly namespace: string | undefined
  model(id: string): LanguageModel
  within<T>(limits: Limits, run: () => T): T
}

/** What may come after the finish part, so that the connection can serve the next call. */
const LAST_BYTES_MS = 1_000

export async function* answer(
  connection: Connection,
  request: ProviderRequest,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const stop = new AbortController()
  const report = createReport()
  let reader: ReadableStreamDefaultReader<Part> | undefined
  let decoder: PartDecoder | undefined
  try {
    const model = connection.model(request.model.id)
    const namespace = connection.namespace ?? model.provider.split('.', 1)[0] ?? ''
    const options = callOptions({
      ...request,
      version: model.specificationVersion,
      namespace,
      urls: (await model.supportedUrls) ?? {},
      warn: report.warn,
      note: report.note,
    })
    const warnings = [...report.warnings(request)]
    const abortSignal = AbortSignal.any([signal, stop.signal])
    const { stream } = await connection.within(request.options, () => model.doStream({ ...options, abortSignal }))
    reader = stream.getReader()
    decoder = new PartDecoder(request.model.id, namespace, warnings)
    while (!decoder.finished) {
      const { done, value } = await reader.read()
      // What was begun and not finished is reported as cut; what never began was no answer at all.
      if (done && !decoder.begun) throw new ProviderError('server', 'What came was no answer that could be read.')
      if (done) return
      if (value.type === 'error') throw failureOf(value.error, connection, request.model.id)
      const batch = decoder.take(value)
      // Only now does the package say what it left out.
      if (value.type === 'stream-start') {
        for (const warning of warnings) report.warn(warning)
        report.warnings(request)
      }
      if (batch.length > 0) yield batch
    }
  } catch (error) {
    throw failureOf(error, connection, request.model.id)
  } finally {
    if (decoder?.finished === true && reader !== undefined) drain(reader, stop)
    else stop.abort()
  }
}

function drain(reader: ReadableStreamDefaultReader<Part>, stop: AbortController): void {
  const timer = setTimeout(() => stop.abort(), LAST_BYTES_MS).unref()
  const rest = async (): Promise<void> => {
    while (!(await reader.read()).done);
    clearTimeout(timer)
  }
  rest().catch(() => undefined)
}
