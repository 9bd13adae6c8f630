import type { ModelDeclaration } from '../../provider.ts'
import type { Connection } from '../connection.ts'
import { declared, getPage } from '../model-list.ts'
import { isObject, listOf, objectsOf, textOf, type JsonObject } from './json.ts'

/** A host that repeats its page token would otherwise keep us for ever. */
const MAX_PAGES = 50

/** The models that can answer, over all pages. */
export async function listModels(
  connection: Connection,
  path: string,
  signal: AbortSignal,
): Promise<readonly ModelDeclaration[]> {
  const headers = connection.headersFor()
  const models: ModelDeclaration[] = []
  let pageToken: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = new URLSearchParams({ pageSize: '1000', ...(pageToken === undefined ? {} : { pageToken }) })
    const answer = await getPage(connection, `${path}?${query.toString()}`, headers, isObject, signal)
    models.push(...objectsOf(answer['models']).flatMap(declare))
    pageToken = textOf(answer['nextPageToken'])
    if (pageToken === undefined || pageToken === '') break
  }
  return models
}

function declare(model: JsonObject): ModelDeclaration[] {
  const name = textOf(model['name'])
  const methods = model['supportedGenerationMethods']
  if (name === undefined || (methods !== undefined && !listOf(methods).includes('generateContent'))) return []
  return [
    declared({
      id: name.replace(/^models\//, ''),
      name: model['displayName'],
      contextWindow: model['inputTokenLimit'],
      maxTokens: model['outputTokenLimit'],
      ...(model['thinking'] === true ? { reasoning: true } : {}),
    }),
  ]
}
