import type { Batch } from '../../events.ts'
import type { Provider, ProviderRequest } from '../../provider.ts'
import { connect, type Connection } from '../connection.ts'
import { describedModels } from '../model-list.ts'
import type { ProviderSetup } from '../protocol.ts'
import { compatOf } from './compat.ts'
import { encodeRequest } from './encode-request.ts'
import { listModels } from './list-models.ts'
import { readStream, readWhole, type Reading } from './read-answer.ts'

export function createProvider(setup: ProviderSetup): Provider {
  const connection = connect(setup, 'x-goog-api-key')
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
  const { model, options } = request
  const headers = connection.headersFor(options.headers)
  const compat = compatOf(connection.declaration.compat, model)
  const { body, warnings } = encodeRequest(request, { compat, isDescribed })
  const path = `/${modelPath(model.id)}:${request.stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`
  const response = await connection.post({ request, path, headers, body }, signal)

  const reading: Reading = {
    provider: connection.id,
    model: model.id,
    warnings,
    garbled: (text) => connection.garbled(response, text, model.id),
    // Without the headers: those of a 200 tell how much of a limit is left, not when to come back.
    failure: (error) => connection.failure({}, JSON.stringify({ error }), model.id),
  }
  const isWhole = !request.stream || String(response.headers['content-type']).includes('json')
  if (isWhole) yield readWhole(await response.body.text(), reading)
  else yield* readStream(response.body, reading)
}

/** Ids are relative to `models/`, but for those that name another collection, as tuned models do. */
function modelPath(id: string): string {
  const [, collection, name] = /^(models|tunedModels)\/(.+)$/.exec(id) ?? []
  return `${collection ?? 'models'}/${encodeURIComponent(name ?? id)}`
}
