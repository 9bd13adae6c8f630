import type { ModelDeclaration } from '../../provider.ts'
import { compatOf } from './compat.ts'
import type { Connection } from './connection.ts'
import { isObject, objectsOf, parseObject, textOf, type JsonObject } from './json.ts'

/** A host that repeats its last id would otherwise keep us for ever. */
const MAX_PAGES = 50

/** The models the provider offers, over all pages. */
export async function listModels(
  connection: Connection,
  path: string,
  signal: AbortSignal,
): Promise<readonly ModelDeclaration[]> {
  const models: ModelDeclaration[] = []
  let after: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = new URLSearchParams({ limit: '1000', ...(after === undefined ? {} : { after_id: after }) })
    const answer = await getPage(connection, `${path}?${query.toString()}`, signal)
    models.push(...objectsOf(answer['data']).flatMap(declare))
    const last = textOf(answer['last_id'])
    if (answer['has_more'] !== true || last === undefined || last === after) break
    after = last
  }
  return models
}

async function getPage(connection: Connection, path: string, signal: AbortSignal): Promise<JsonObject> {
  const { baseUrl, http, declaration } = connection
  const response = await http.request({
    method: 'GET',
    url: `${baseUrl}${path}`,
    headers: { accept: 'application/json', ...connection.headersFor(compatOf(declaration.compat)) },
    signal,
  })
  const text = await response.body.text()
  if (response.status >= 300) throw connection.failure(response, text, '')
  const page = parseObject(text)
  if (page === undefined || !Array.isArray(page['data'])) throw connection.unreadable(text, '')
  return page
}

function declare(model: JsonObject): ModelDeclaration[] {
  const id = textOf(model['id'])
  if (id === undefined) return []
  const name = textOf(model['display_name'])
  const limit = (key: string): number | undefined => {
    const value = model[key]
    return typeof value === 'number' && value > 0 ? value : undefined
  }
  const contextWindow = limit('max_input_tokens')
  const maxTokens = limit('max_tokens')
  const thinking = supports(model, 'thinking')
  const images = supports(model, 'image_input')
  return [
    {
      id,
      ...(name === undefined || name === '' ? {} : { name }),
      ...(contextWindow === undefined ? {} : { contextWindow }),
      ...(maxTokens === undefined ? {} : { maxTokens }),
      ...(thinking === undefined ? {} : { reasoning: thinking }),
      ...(images === undefined ? {} : { input: images ? ['text', 'image'] : ['text'] }),
    },
  ]
}

function supports(model: JsonObject, capability: string): boolean | undefined {
  const capabilities = model['capabilities']
  const entry = isObject(capabilities) ? capabilities[capability] : undefined
  return isObject(entry) && typeof entry['supported'] === 'boolean' ? entry['supported'] : undefined
}
