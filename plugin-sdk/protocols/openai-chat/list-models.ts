import type { ModelDeclaration } from '../../provider.ts'
import type { Connection } from '../connection.ts'
import { declared, getPage } from '../model-list.ts'
import { isObject, numberOf, objectsOf, textOf, type JsonObject } from './json.ts'

/** The models a running server offers. Only `id` is standard; what else hosts tell is taken where it is known. */
export async function listModels(
  connection: Connection,
  path: string,
  signal: AbortSignal,
): Promise<readonly ModelDeclaration[]> {
  const isPage = (answer: unknown): answer is unknown => {
    const entries = entriesOf(answer)
    // Ollama answers `data: null` while it has no models.
    return entries === null || Array.isArray(entries)
  }
  const list = await getPage(connection, path, connection.headersFor(), isPage, signal)
  const models = new Map<string, ModelDeclaration>()
  for (const entry of objectsOf(entriesOf(list))) {
    const model = modelOf(entry)
    if (model !== undefined) models.set(model.id, model)
  }
  return [...models.values()]
}

const entriesOf = (list: unknown): unknown =>
  isObject(list) ? (list['data'] === undefined ? list['models'] : list['data']) : list

function modelOf(entry: JsonObject): ModelDeclaration | undefined {
  const id = textOf(entry['id']) ?? textOf(entry['name']) ?? textOf(entry['model'])
  if (id === undefined) return undefined
  return declared({
    id,
    name: textOf(entry['display_name']) ?? entry['name'],
    contextWindow: firstCount(entry, ['context_length', 'context_window', 'max_context_length', 'max_model_len']),
    maxTokens: firstCount(entry, ['max_completion_tokens', 'max_output_tokens']),
  })
}

function firstCount(entry: JsonObject, names: readonly string[]): number | undefined {
  for (const name of names) {
    const count = numberOf(entry[name])
    if (count !== undefined && count > 0) return count
  }
  return undefined
}
