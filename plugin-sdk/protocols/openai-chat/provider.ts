import type { Model, Provider } from '../../provider.ts'
import { connect } from '../connection.ts'
import { describedModels } from '../model-list.ts'
import type { ProviderSetup } from '../protocol.ts'
import { AnswerStream } from './answer-stream.ts'
import { checkCompat } from './check-compat.ts'
import { compatOf, type OpenAIChatCompat } from './compat.ts'
import { listModels } from './list-models.ts'

export function createProvider(setup: ProviderSetup): Provider {
  const { declaration } = setup
  checkCompat(declaration)
  const connection = connect(setup, 'authorization')
  const isDescribed = describedModels(connection)
  const compats = new WeakMap<Model, OpenAIChatCompat>()
  const compatFor = (model: Model): OpenAIChatCompat => {
    const known = compats.get(model)
    if (known !== undefined) return known
    const made = compatOf(declaration.compat, model)
    compats.set(model, made)
    return made
  }
  const discovery = declaration.modelDiscovery
  const provider: Provider = {
    api: 1,
    stream: (request, signal) =>
      new AnswerStream({
        connection,
        request,
        compat: compatFor(request.model),
        isDescribed: isDescribed(request.model.id),
        signal,
      }),
    ...(discovery === undefined ? {} : { listModels: (signal) => listModels(connection, discovery.path, signal) }),
  }
  // Not to be copied: whoever puts another `stream` into a copy does not promise the same.
  return Object.defineProperty(provider, 'stopsOnReturn', { value: true })
}
