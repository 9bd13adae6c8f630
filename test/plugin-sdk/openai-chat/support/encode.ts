import type { Message, Warning } from '../../../../plugin-sdk/index.ts'
import type { Model, ProviderRequest } from '../../../../plugin-sdk/index.ts'
import { compatOf, type OpenAIChatCompat } from '../../../../plugin-sdk/protocols/openai-chat/compat.ts'
import { encodeRequest } from '../../../../plugin-sdk/protocols/openai-chat/encode-request.ts'
import { modelOf, requestOf } from './call.ts'

export interface Encoded {
  readonly body: Readonly<Record<string, unknown>>
  readonly warnings: readonly Warning[]
}

/** The body for a request to a model that the manifest describes. */
export function encode(
  request: Partial<ProviderRequest>,
  compat: Partial<OpenAIChatCompat> = {},
  model: Partial<Model> = {},
  isDescribed = true,
): Encoded {
  const full = requestOf({ stream: false, ...request, model: modelOf({ ...model, compat }) })
  const { body, warnings } = encodeRequest(full, {
    compat: compatOf({}, full.model),
    providerId: 'test',
    isDescribed,
  })
  return { body: JSON.parse(JSON.stringify(body)) as Record<string, unknown>, warnings }
}

export const encodeMessages = (messages: readonly Message[], compat: Partial<OpenAIChatCompat> = {}): unknown =>
  encode({ context: { messages } }, compat, { reasoning: true }).body['messages']
