import type { Batch } from '../../events.ts'
import type { HttpResponse } from '../../http.ts'
import type { Provider, ProviderRequest } from '../../provider.ts'
import type { ProviderSetup } from '../protocol.ts'
import type { Reading } from './answer-decoder.ts'
import { compatOf } from './compat.ts'
import { connect, type Connection } from './connection.ts'
import { encodeRequest, writeBody } from './encode-request.ts'
import { ANTHROPIC } from './name.ts'
import { statusOf } from './error-type.ts'
import { isObject } from './json.ts'
import { listModels } from './list-models.ts'
import { readStream, readWhole } from './read-answer.ts'

export function createProvider(setup: ProviderSetup): Provider {
  const { declaration } = setup
  const connection = connect(setup)
  const described = new Set(declaration.models?.map(({ id }) => id))
  const discovery = declaration.modelDiscovery
  return {
    api: 1,
    stream: (request, signal) => answer({ connection, request, isDescribed: described.has(request.model.id) }, signal),
    ...(discovery === undefined ? {} : { listModels: (signal) => listModels(connection, discovery.path, signal) }),
  }
}

interface Asking {
  readonly connection: Connection
  readonly request: ProviderRequest
  readonly isDescribed: boolean
}

async function* answer({ connection, request, isDescribed }: Asking, signal: AbortSignal): AsyncGenerator<Batch> {
  const { declaration, baseUrl, http } = connection
  const { model, options, stream } = request
  const compat = compatOf(declaration.compat, model)
  const headers = connection.headersFor(compat, options.headers)
  const { body, warnings } = encodeRequest(request, { compat, isDescribed })
  const response = await http.request({
    method: 'POST',
    url: `${baseUrl}/messages`,
    headers: {
      ...headers,
      'content-type': 'application/json',
      accept: stream ? 'text/event-stream' : 'application/json',
    },
    body: writeBody(body),
    signal,
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    ...(options.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: options.idleTimeoutMs }),
  })
  if (response.status >= 300) {
    // What cannot be read of an error is left out: its status still tells something.
    const text = await response.body.text(ERROR_BYTES).catch(() => '')
    throw connection.failure(response, text, model.id)
  }

  const reading: Reading = {
    provider: declaration.id,
    model: model.id,
    warnings,
    passes: request.wire?.protocol === ANTHROPIC,
    // Without the headers: those of a 200 tell how much of the rate limit is left, not when to come back.
    failure: (event) => {
      const status = isObject(event['error']) ? statusOf(event['error']['type']) : undefined
      return connection.failure(status === undefined ? {} : { status }, JSON.stringify(event), model.id)
    },
    unreadable: (text) => connection.unreadable(text, model.id),
  }
  if (isEventStream(response, stream)) yield* readStream(response.body, reading)
  else yield readWhole(await response.body.text(), reading)
}

const ERROR_BYTES = 256 * 1024

/** Some hosts answer a request for a stream in one piece, or the other way round; a few do not say what they send. */
function isEventStream({ headers }: HttpResponse, asked: boolean): boolean {
  const type = String(headers['content-type'] ?? '')
  return type.includes('event-stream') || (asked && !type.includes('json') && !type.includes('html'))
}
