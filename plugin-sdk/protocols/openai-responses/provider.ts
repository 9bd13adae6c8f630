import type { Batch } from '../../events.ts'
import type { Provider, ProviderRequest } from '../../provider.ts'
import type { ProviderSetup } from '../protocol.ts'
import type { Reading } from './answer-decoder.ts'
import { asksForEncryptedThoughts } from './client-fields.ts'
import { compatOf } from './compat.ts'
import { connect, type Connection } from './connection.ts'
import { encodeRequest } from './encode-request.ts'
import { OPENAI_RESPONSES } from './name.ts'
import { listModels } from './list-models.ts'
import { readStream, readWhole } from './read-answer.ts'

export function createProvider(setup: ProviderSetup): Provider {
  const connection = connect(setup)
  const discovery = setup.declaration.modelDiscovery
  return {
    api: 1,
    stream: (request, signal) => answer(connection, request, signal),
    ...(discovery === undefined ? {} : { listModels: (signal) => listModels(connection, discovery.path, signal) }),
  }
}

async function* answer(connection: Connection, request: ProviderRequest, signal: AbortSignal): AsyncGenerator<Batch> {
  const { declaration, baseUrl, http } = connection
  const { model, options, stream } = request
  const { body, headers, warnings } = encodeRequest(request, compatOf(declaration.compat, model))
  const response = await http.request({
    method: 'POST',
    url: `${baseUrl}/responses`,
    headers: {
      ...headers,
      ...connection.headersFor(options.headers),
      'content-type': 'application/json',
      accept: stream ? 'text/event-stream' : 'application/json',
    },
    body: JSON.stringify(body),
    signal,
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    ...(options.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: options.idleTimeoutMs }),
  })
  if (response.status >= 300) throw connection.failure(response, await response.body.text(), model.id)

  const reading: Reading = {
    provider: declaration.id,
    model: model.id,
    warnings,
    passes: request.wire?.protocol === OPENAI_RESPONSES,
    awaitsEncryptedThoughts: asksForEncryptedThoughts(body),
    redact: (text) => connection.redact(text),
    // Without status and headers: those of a 200 tell how much of the rate limit is left, not when to come back.
    failure: (error) => connection.failure({}, JSON.stringify(error), model.id),
  }
  const type = String(response.headers['content-type'])
  const isStream = type.includes('event-stream') || (stream && !type.includes('json'))
  yield* isStream ? readStream(response.body, reading) : readWhole(response.body, reading)
}
