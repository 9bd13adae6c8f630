import type { Batch } from '../../events.ts'
import type { HttpResponse } from '../../http.ts'
import type { Provider, ProviderRequest } from '../../provider.ts'
import { connect, type Connection } from '../connection.ts'
import { describedModels } from '../model-list.ts'
import type { ProviderSetup } from '../protocol.ts'
import type { Reading } from './answer-decoder.ts'
import { compatOf } from './compat.ts'
import { encodeRequest } from './encode-request.ts'
import { ANTHROPIC } from './name.ts'
import { statusOf } from './error-type.ts'
import { headersFor } from './headers.ts'
import { isObject } from './json.ts'
import { listModels } from './list-models.ts'
import { readStream, readWhole } from './read-answer.ts'

export function createProvider(setup: ProviderSetup): Provider {
  const connection = connect(setup, 'x-api-key')
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
  const compat = compatOf(connection.declaration.compat, model)
  const headers = headersFor(connection, compat, options.headers)
  const { body, warnings } = encodeRequest(request, { compat, isDescribed })
  const response = await connection.post({ request, path: '/messages', headers, body }, signal)

  const reading: Reading = {
    provider: connection.id,
    model: model.id,
    warnings,
    passes: request.wire?.protocol === ANTHROPIC,
    // Without the headers: those of a 200 tell how much of the rate limit is left, not when to come back.
    failure: (event) => {
      const status = isObject(event['error']) ? statusOf(event['error']['type']) : undefined
      return connection.failure(status === undefined ? {} : { status }, JSON.stringify(event), model.id)
    },
    unreadable: (text) => connection.garbled(response, text, model.id),
  }
  if (isEventStream(response, stream)) yield* readStream(response.body, reading)
  else yield readWhole(await response.body.text(), reading)
}

/** Some hosts answer a request for a stream in one piece, or the other way round; a few do not say what they send. */
function isEventStream({ headers }: HttpResponse, asked: boolean): boolean {
  const type = String(headers['content-type'] ?? '')
  return type.includes('event-stream') || (asked && !type.includes('json') && !type.includes('html'))
}
