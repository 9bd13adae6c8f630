import type { ModelDeclaration } from '../../provider.ts'
import type { Connection } from '../connection.ts'
import { declared, getPage } from '../model-list.ts'
import { isObject, objectsOf, textOf, type JsonObject } from './json.ts'

/** The models the provider offers right now. OpenAI tells no more than ids; some hosts add a name and limits. */
export async function listModels(
  connection: Connection,
  path: string,
  signal: AbortSignal,
): Promise<readonly ModelDeclaration[]> {
  const isPage = (answer: unknown): answer is unknown => Array.isArray(entriesOf(answer))
  const list = await getPage(connection, path, connection.headersFor(), isPage, signal)
  return objectsOf(entriesOf(list)).flatMap(declare)
}

const entriesOf = (list: unknown): unknown => (isObject(list) ? (list['data'] ?? list['models']) : list)

const CONTEXT_WINDOW = ['context_window', 'context_length', 'max_context_length', 'max_model_len']

function declare(model: JsonObject): ModelDeclaration[] {
  const id = textOf(model['id']) || undefined
  if (id === undefined) return []
  const contextWindow = CONTEXT_WINDOW.map((key) => model[key]).find((value) => typeof value === 'number' && value > 0)
  return [declared({ id, name: model['name'], contextWindow, maxTokens: undefined })]
}
