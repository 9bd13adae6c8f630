import type { Batch } from '../../events.ts'
import type { Provider, ProviderRequest } from '../../provider.ts'
import { connect, type Connection } from '../connection.ts'
import { describedModels } from '../model-list.ts'
import type { ProviderSetup } from '../protocol.ts'
import type { Reading } from './answer-decoder.ts'
import { asksForEncryptedThoughts } from './client-fields.ts'
import { compatOf } from './compat.ts'
import { encodeRequest } from './encode-request.ts'
import { OPENAI_RESPONSES } from './name.ts'
import { listModels } from './list-models.ts'
import { readStream, readWhole } from './read-answer.ts'

export function createProvider(setup: ProviderSetup): Provider {
  const connection = connect(setup, 'authorization')
  const isDescribed = describedModels(connection)
  const discovery = setup.declaration.modelDiscovery
  return {
    api: 1,
    stream: (request, signal) => answer({ connection, request, isDescribed: isDescribed(request.model.id) }, signal),
    ...(discovery === undefined ? {} : { listModels: (signal) => listModels(connection, discovery.path, signal) }),
  }
}

interface Asking {
  readonly connection: Connection
  readonly request: ProviderRequest
  readonly isDescribed: boolean
}

async function* answer({ connection, request, isDescribed }: Asking, signal: AbortSignal): AsyncGenerator<Batch> {
  const { model, options, stream } = request
  const own = connection.headersFor(options.headers)
  const compat = compatOf(connection.declaration.compat, model)
  const { body, headers, warnings } = encodeRequest(request, { compat, isDescribed })
  const asking = { request, path: '/responses', headers: { ...headers, ...own }, body }
  const response = await connection.post(asking, signal)

  const reading: Reading = {
    provider: connection.id,
    model: model.id,
    warnings,
    passes: request.wire?.protocol === OPENAI_RESPONSES,
    awaitsEncryptedThoughts: asksForEncryptedThoughts(body),
    garbled: (text) => connection.garbled(response, text, model.id),
    // Without status and headers: those of a 200 tell how much of the rate limit is left, not when to come back.
    failure: (error) => connection.failure({}, JSON.stringify(error), model.id),
  }
  const type = String(response.headers['content-type'])
  const isStream = type.includes('event-stream') || (stream && !type.includes('json'))
  yield* isStream ? readStream(response.body, reading) : readWhole(response.body, reading)
}
