import { ProviderError } from '../../errors.ts'
import type { ModelDeclaration } from '../../provider.ts'
import { isObject, listOf, objectsOf, textOf, type JsonObject } from './json.ts'
import type { Connection } from './connection.ts'

/** A host that repeats its page token would otherwise keep us for ever. */
const MAX_PAGES = 50

/** The models that can answer, over all pages. */
export async function listModels(
  connection: Connection,
  path: string,
  signal: AbortSignal,
): Promise<readonly ModelDeclaration[]> {
  const models: ModelDeclaration[] = []
  let pageToken: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = new URLSearchParams({ pageSize: '1000', ...(pageToken === undefined ? {} : { pageToken }) })
    const answer = await getPage(connection, `${path}?${query.toString()}`, signal)
    models.push(...objectsOf(answer['models']).flatMap(declare))
    pageToken = textOf(answer['nextPageToken'])
    if (pageToken === undefined || pageToken === '') break
  }
  return models
}

async function getPage(connection: Connection, path: string, signal: AbortSignal): Promise<JsonObject> {
  const { baseUrl, http, declaration } = connection
  const response = await http.request({
    method: 'GET',
    url: `${baseUrl}${path}`,
    headers: { ...connection.headersFor(), accept: 'application/json' },
    signal,
  })
  const text = await response.body.text()
  if (response.status >= 300) throw connection.failure(response, text, '')
  try {
    const page: unknown = JSON.parse(text)
    if (isObject(page)) return page
  } catch {
    // Said below, with what came instead.
  }
  throw new ProviderError('server', `${declaration.id} sent no model list: ${connection.redact(text).slice(0, 200)}`, {
    provider: declaration.id,
  })
}

function declare(model: JsonObject): ModelDeclaration[] {
  const name = textOf(model['name'])
  const methods = model['supportedGenerationMethods']
  if (name === undefined || (methods !== undefined && !listOf(methods).includes('generateContent'))) return []
  const title = textOf(model['displayName'])
  const limit = (key: string): number | undefined => {
    const value = model[key]
    return typeof value === 'number' && value > 0 ? value : undefined
  }
  const contextWindow = limit('inputTokenLimit')
  const maxTokens = limit('outputTokenLimit')
  return [
    {
      id: name.replace(/^models\//, ''),
      ...(title === undefined || title === '' ? {} : { name: title }),
      ...(contextWindow === undefined ? {} : { contextWindow }),
      ...(maxTokens === undefined ? {} : { maxTokens }),
      ...(model['thinking'] === true ? { reasoning: true } : {}),
    },
  ]
}
