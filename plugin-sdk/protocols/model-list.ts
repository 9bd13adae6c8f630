import type { ModelDeclaration } from '../provider.ts'
import type { Secret } from '../secret.ts'
import type { Connection } from './connection.ts'

const LIST_BYTES = 16 * 1024 * 1024

/** What a host answers at a path, parsed: one page of its models. `isPage` says whether it is one; else the answer is garbled. */
export async function getPage<T>(
  connection: Connection,
  path: string,
  headers: Readonly<Record<string, string | Secret>>,
  isPage: (answer: unknown) => answer is T,
  signal: AbortSignal,
): Promise<T> {
  const response = await connection.http.request({
    method: 'GET',
    url: connection.baseUrl + path,
    headers: { ...headers, accept: 'application/json' },
    signal,
  })
  const text = await response.body.text(LIST_BYTES)
  if (response.status >= 300) throw connection.failure(response, text, '')
  const answer = parseJson(text)
  if (!isPage(answer)) throw connection.garbled(response, text, '')
  return answer
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A model as far as a host tells of it: fields that it leaves empty are not known. */
export interface ListedModel extends Pick<ModelDeclaration, 'reasoning' | 'input'> {
  readonly id: string
  readonly name: unknown
  readonly contextWindow: unknown
  readonly maxTokens: unknown
}

export function declared({ id, name, contextWindow, maxTokens, ...facts }: ListedModel): ModelDeclaration {
  const limit = (value: unknown): number | undefined =>
    typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.floor(value) : undefined
  const known = {
    id,
    name: typeof name === 'string' && name !== '' && name !== id ? name : undefined,
    contextWindow: limit(contextWindow),
    maxTokens: limit(maxTokens),
    ...facts,
  }
  return Object.fromEntries(
    Object.entries(known).filter(([, value]) => value !== undefined),
  ) as unknown as ModelDeclaration
}

/** Whether the manifest describes a model, so that what it does not say is not so. What is asked of others is passed on. */
export function describedModels({ declaration }: Connection): (id: string) => boolean {
  const ids = new Set(declaration.models?.map(({ id }) => id))
  return (id) => ids.has(id)
}
