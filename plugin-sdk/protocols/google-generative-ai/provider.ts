import type { Batch } from '../../events.ts'
import type { Provider, ProviderRequest } from '../../provider.ts'
import type { ProviderSetup } from '../protocol.ts'
import { compatOf } from './compat.ts'
import { connect, type Connection } from './connection.ts'
import { encodeRequest, writeBody } from './encode-request.ts'
import { listModels } from './list-models.ts'
import { readStream, readWhole, type Reading } from './read-answer.ts'

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
  const { model, options } = request
  const { body, warnings } = encodeRequest(request, compatOf(declaration.compat, model))
  const response = await http.request({
    method: 'POST',
    url: `${baseUrl}/${modelPath(model.id)}:${request.stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    headers: {
      ...connection.headersFor(options.headers),
      'content-type': 'application/json',
      accept: request.stream ? 'text/event-stream' : 'application/json',
    },
    body: writeBody(body),
    signal,
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    ...(options.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: options.idleTimeoutMs }),
  })
  if (response.status >= 300) throw connection.failure(response, await response.body.text(), model.id)

  const reading: Reading = {
    provider: declaration.id,
    model: model.id,
    warnings,
    redact: (text) => connection.redact(text),
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
