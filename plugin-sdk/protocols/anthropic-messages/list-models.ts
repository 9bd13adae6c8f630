import type { ModelDeclaration } from '../../provider.ts'
import type { Connection } from '../connection.ts'
import { declared, getPage } from '../model-list.ts'
import { compatOf } from './compat.ts'
import { headersFor } from './headers.ts'
import { isObject, objectsOf, textOf, type JsonObject } from './json.ts'

/** A host that repeats its last id would otherwise keep us for ever. */
const MAX_PAGES = 50

/** The models the provider offers, over all pages. */
export async function listModels(
  connection: Connection,
  path: string,
  signal: AbortSignal,
): Promise<readonly ModelDeclaration[]> {
  const headers = headersFor(connection, compatOf(connection.declaration.compat))
  const models: ModelDeclaration[] = []
  let after: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = new URLSearchParams({ limit: '1000', ...(after === undefined ? {} : { after_id: after }) })
    const answer = await getPage(connection, `${path}?${query.toString()}`, headers, isPage, signal)
    models.push(...objectsOf(answer['data']).flatMap(declare))
    const last = textOf(answer['last_id'])
    if (answer['has_more'] !== true || last === undefined || last === after) break
    after = last
  }
  return models
}

const isPage = (answer: unknown): answer is JsonObject => isObject(answer) && Array.isArray(answer['data'])

function declare(model: JsonObject): ModelDeclaration[] {
  const id = textOf(model['id'])
  if (id === undefined) return []
  const thinking = supports(model, 'thinking')
  const images = supports(model, 'image_input')
  return [
    declared({
      id,
      name: model['display_name'],
      contextWindow: model['max_input_tokens'],
      maxTokens: model['max_tokens'],
      ...(thinking === undefined ? {} : { reasoning: thinking }),
      ...(images === undefined ? {} : { input: images ? ['text', 'image'] : ['text'] }),
    }),
  ]
}

function supports(model: JsonObject, capability: string): boolean | undefined {
  const capabilities = model['capabilities']
  const entry = isObject(capabilities) ? capabilities[capability] : undefined
  return isObject(entry) && typeof entry['supported'] === 'boolean' ? entry['supported'] : undefined
}
