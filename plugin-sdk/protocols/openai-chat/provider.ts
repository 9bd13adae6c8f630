import type { Model, Provider } from '../../provider.ts'
import type { ProviderSetup } from '../protocol.ts'
import { AnswerStream } from './answer-stream.ts'
import { checkCompat } from './check-compat.ts'
import { compatOf, type OpenAIChatCompat } from './compat.ts'
import { connect } from './connection.ts'
import { listModels } from './list-models.ts'

export function createProvider(setup: ProviderSetup): Provider {
  const { declaration } = setup
  checkCompat(declaration)
  const connection = connect(setup)
  const compats = new WeakMap<Model, OpenAIChatCompat>()
  const compatFor = (model: Model): OpenAIChatCompat => {
    const known = compats.get(model)
    if (known !== undefined) return known
    const made = compatOf(declaration.compat, model)
    compats.set(model, made)
    return made
  }
  const described = new Set(declaration.models?.map(({ id }) => id))
  const discovery = declaration.modelDiscovery
  return {
    api: 1,
    stream: (request, signal) =>
      new AnswerStream({
        connection,
        request,
        compat: compatFor(request.model),
        isDescribed: described.has(request.model.id),
        signal,
      }),
    ...(discovery === undefined ? {} : { listModels: (signal) => listModels(connection, discovery.path, signal) }),
  }
}
