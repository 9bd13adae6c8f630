import type { ModelDeclaration } from '../../provider.ts'
import type { Connection } from './connection.ts'
import { isObject, numberOf, objectsOf, parseJson, textOf, type JsonObject } from './json.ts'

const LIST_BYTES = 16 * 1024 * 1024

/** The models a running server offers. Only `id` is standard; what else hosts tell is taken where it is known. */
export async function listModels(
  connection: Connection,
  path: string,
  signal: AbortSignal,
): Promise<readonly ModelDeclaration[]> {
  const response = await connection.http.request({
    method: 'GET',
    url: connection.baseUrl + path,
    headers: { ...connection.headers(), accept: 'application/json' },
    signal,
  })
  const text = await response.body.text(LIST_BYTES)
  if (response.status >= 300) throw connection.failure(response, text, '')
  const list = parseJson(text)
  const entries = isObject(list) ? (list['data'] === undefined ? list['models'] : list['data']) : list
  // Ollama answers `data: null` while it has no models.
  if (entries !== null && !Array.isArray(entries)) throw connection.garbled(response, text, '')

  const models = new Map<string, ModelDeclaration>()
  for (const entry of objectsOf(entries)) {
    const model = modelOf(entry)
    if (model !== undefined) models.set(model.id, model)
  }
  return [...models.values()]
}

function modelOf(entry: JsonObject): ModelDeclaration | undefined {
  const id = textOf(entry['id']) ?? textOf(entry['name']) ?? textOf(entry['model'])
  if (id === undefined) return undefined
  const name = textOf(entry['display_name']) ?? textOf(entry['name'])
  const contextWindow = firstCount(entry, ['context_length', 'context_window', 'max_context_length', 'max_model_len'])
  const maxTokens = firstCount(entry, ['max_completion_tokens', 'max_output_tokens'])
  return {
    id,
    ...(name === undefined || name === id ? {} : { name }),
    ...(contextWindow === undefined ? {} : { contextWindow }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  }
}

function firstCount(entry: JsonObject, names: readonly string[]): number | undefined {
  for (const name of names) {
    const count = numberOf(entry[name])
    if (count !== undefined && count > 0) return Math.floor(count)
  }
  return undefined
}
