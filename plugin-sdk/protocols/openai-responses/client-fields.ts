import { isObject, listOf, merge, without, type JsonObject } from './json.ts'
import type { Target } from './target.ts'

const ENCRYPTED = 'reasoning.encrypted_content'

/** The client refers to an earlier answer, or wants this one kept by the provider. */
export const isStored = (client: JsonObject): boolean =>
  client['store'] === true || isSet(client['previous_response_id']) || isSet(client['conversation'])

const isSet = (value: unknown): boolean => value !== undefined && value !== null

/** Adds the client's fields as they came; its built-in tools stand behind the functions. */
export function withClientFields(body: JsonObject, client: JsonObject, target: Target): JsonObject {
  const fields = supported(client, target)
  const { tools, include, ...rest } = fields
  return {
    ...merge(body, rest),
    ...(tools === undefined ? {} : { tools: [...listOf(body['tools']), ...listOf(tools)] }),
    ...(include === undefined ? {} : { include: [...new Set([...listOf(body['include']), ...listOf(include)])] }),
  }
}

export const asksForEncryptedThoughts = (body: JsonObject): boolean => listOf(body['include']).includes(ENCRYPTED)

/** Unless the provider keeps the answer, its thoughts can go back only when it gave them away encrypted. */
export const encryptedThoughts = ({ model, compat, stored }: Target): JsonObject =>
  model.reasoning && compat.supportsEncryptedReasoning && !stored ? { include: [ENCRYPTED] } : {}

function supported(client: JsonObject, { compat, warn, model }: Target): JsonObject {
  const absent: string[] = [
    ...(compat.supportsLongCacheRetention ? [] : ['prompt_cache_retention', 'prompt_cache_options']),
    ...(compat.promptCacheKeyMode === 'disabled' ? ['prompt_cache_key'] : []),
  ]
  const leftOut = (feature: string): void =>
    warn({ type: 'unsupported', feature, message: `${model.id} does not take "${feature}"; it was left out.` })
  for (const field of absent) if (isSet(client[field])) leftOut(field)
  const fields: Record<string, unknown> = Object.fromEntries(
    Object.entries(client).filter(([field]) => !absent.includes(field)),
  )

  const cache = fields['prompt_cache_options']
  if (isObject(cache) && 'mode' in cache && !compat.supportsExplicitPromptCacheMode) {
    leftOut('prompt_cache_options.mode')
    fields['prompt_cache_options'] = without(cache, ['mode'])
  }
  if (Array.isArray(fields['tools']))
    fields['tools'] = fields['tools'].filter((tool) => {
      const type: unknown = isObject(tool) ? tool['type'] : undefined
      const refused =
        (type === 'custom' && !compat.supportsOpenAIGrammarTools) ||
        (type === 'tool_search' && !compat.supportsToolSearch)
      if (refused) leftOut(`tools.${type}`)
      return !refused
    })
  return fields
}
