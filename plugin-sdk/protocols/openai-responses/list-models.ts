import { ProviderError } from '../../errors.ts'
import type { ModelDeclaration } from '../../provider.ts'
import type { Connection } from './connection.ts'
import { isObject, objectsOf, textOf, type JsonObject } from './json.ts'

/** The models the provider offers right now. OpenAI tells no more than ids; some hosts add a name and limits. */
export async function listModels(
  connection: Connection,
  path: string,
  signal: AbortSignal,
): Promise<readonly ModelDeclaration[]> {
  const { baseUrl, http, declaration } = connection
  const response = await http.request({
    method: 'GET',
    url: `${baseUrl}${path}`,
    headers: { ...connection.headersFor(), accept: 'application/json' },
    signal,
  })
  const text = await response.body.text()
  if (response.status >= 300) throw connection.failure(response, text, '')
  const list = read(text)
  if (list === undefined)
    throw new ProviderError(
      'server',
      `${declaration.id} sent no model list: ${connection.redact(text).slice(0, 200)}`,
      {
        provider: declaration.id,
      },
    )
  return list.flatMap(declare)
}

function read(text: string): readonly JsonObject[] | undefined {
  try {
    const answer: unknown = JSON.parse(text)
    const list = isObject(answer) ? (answer['data'] ?? answer['models']) : answer
    return Array.isArray(list) ? objectsOf(list) : undefined
  } catch {
    return undefined
  }
}

const CONTEXT_WINDOW = ['context_window', 'context_length', 'max_context_length', 'max_model_len']

function declare(model: JsonObject): ModelDeclaration[] {
  const id = textOf(model['id']) || undefined
  if (id === undefined) return []
  const name = textOf(model['name']) || undefined
  const contextWindow = CONTEXT_WINDOW.map((key) => model[key]).find(
    (value): value is number => typeof value === 'number' && value > 0,
  )
  return [
    {
      id,
      ...(name === undefined ? {} : { name }),
      ...(contextWindow === undefined ? {} : { contextWindow }),
    },
  ]
}
