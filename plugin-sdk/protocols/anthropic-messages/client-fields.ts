import type { Report } from '../../hand-off/index.ts'
import type { ProviderRequest } from '../../provider.ts'
import { fieldsOfClient } from '../client-fields.ts'
import { isObject, type JsonObject } from './json.ts'
import { ANTHROPIC } from './name.ts'

/** What a client of this protocol said, in its own words. */
export const clientFields = (request: ProviderRequest, report: Report): JsonObject => ({
  ...fieldsOfClient(request, ANTHROPIC, report),
  ...(request.wire?.protocol === ANTHROPIC ? request.wire.exact : {}),
})

/** Adds the client's fields as they came. */
export function withClientFields(body: JsonObject, client: JsonObject): JsonObject {
  // These two are already in: they had to be matched with the conversation.
  const { system: _system, tools: _tools, ...fields } = client
  return { ...body, ...fields, ...joined(body, fields, 'metadata'), ...joined(body, fields, 'output_config') }
}

/** Two objects of which each may say a part. */
export function joined(below: JsonObject, above: JsonObject, name: string): JsonObject {
  const [first, second] = [below[name], above[name]]
  return isObject(first) && isObject(second) ? { [name]: { ...first, ...second } } : {}
}
