import {
  isObject,
  objectsOf,
  startStrictHost,
  unknownFields,
  wordOf,
  type Json,
  type StrictHost,
} from './strict-host.ts'

const FIELDS =
  'model max_tokens system messages tools tool_choice temperature top_p top_k stop_sequences metadata thinking ' +
  'output_config stream'
const BLOCK_FIELDS: Readonly<Record<string, string>> = {
  text: 'type text',
  image: 'type source',
  tool_use: 'type id name input',
  tool_result: 'type tool_use_id content is_error',
  thinking: 'type thinking signature',
  redacted_thinking: 'type data',
}

/** The Messages API of a model with manual thinking. */
export const startAnthropicHost = (): Promise<StrictHost> =>
  startStrictHost(check, (answer) => objectsOf(answer['content']).flatMap(({ signature, data }) => [signature, data]))

function check(body: Json, issued: ReadonlySet<string>): string[] {
  const messages = objectsOf(body['messages'])
  return [
    ...unknownFields('body', body, FIELDS),
    ...(Number.isInteger(body['max_tokens']) ? [] : ['max_tokens: field required']),
    ...(messages[0]?.['role'] === 'user' ? [] : ['messages: first message must use the "user" role']),
    ...messages.flatMap((message, index) => checkMessage(message, `messages.${index}`, issued)),
    ...messages.flatMap((message, index) => checkPairs(message, messages[index + 1], index)),
    ...strayResults(messages),
    ...checkThinking(body, messages),
  ]
}

const blocksOf = ({ content }: Json): readonly Json[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : objectsOf(content)

function checkMessage(message: Json, at: string, issued: ReadonlySet<string>): string[] {
  const blocks = blocksOf(message)
  return [
    ...unknownFields(at, message, 'role content'),
    ...(['user', 'assistant'].includes(wordOf(message['role'])) ? [] : [`${at}.role: unknown`]),
    ...(blocks.length === 0 ? [`${at}: messages must have non-empty content`] : []),
    ...blocks.flatMap((block, index) => checkBlock(block, `${at}.content.${index}`, message['role'], issued)),
  ]
}

function checkBlock(block: Json, at: string, role: unknown, issued: ReadonlySet<string>): string[] {
  const { type, text, id, tool_use_id, signature, data, content, is_error } = block
  const fields = BLOCK_FIELDS[wordOf(type)]
  if (fields === undefined) return [`${at}.type: ${wordOf(type)} is unknown`]
  const wanted = ['tool_use', 'thinking', 'redacted_thinking'].includes(wordOf(type))
    ? 'assistant'
    : type === 'text'
      ? role
      : 'user'
  const problems = [
    ...unknownFields(at, block, fields),
    ...(role === wanted ? [] : [`${at}: ${wordOf(type)} may not stand in a message of the ${wordOf(role)}`]),
  ]
  if (type === 'text' && wordOf(text).trim() === '') problems.push(`${at}: text content blocks must be non-empty`)
  if ((type === 'tool_use' || type === 'tool_result') && !/^[a-zA-Z0-9_-]+$/.test(wordOf(id ?? tool_use_id)))
    problems.push(`${at}.id: String should match pattern '^[a-zA-Z0-9_-]+$'`)
  if (type === 'thinking' && !issued.has(wordOf(signature))) problems.push(`${at}: Invalid signature in thinking block`)
  if (type === 'redacted_thinking' && !issued.has(wordOf(data))) problems.push(`${at}: Invalid data`)
  if (type === 'tool_result' && is_error === true && objectsOf(content).some((part) => part['type'] === 'image'))
    problems.push(`${at}: images may not stand in a result that is an error`)
  return problems
}

/** The results of all calls of an answer stand first in the next message. */
function checkPairs(message: Json, next: Json | undefined, index: number): string[] {
  const calls = blocksOf(message).flatMap((block) => (block['type'] === 'tool_use' ? [block['id']] : []))
  if (calls.length === 0) return []
  const results = blocksOf(next ?? {})
    .slice(0, calls.length)
    .flatMap((block) => (block['type'] === 'tool_result' ? [block['tool_use_id']] : []))
  const missing = calls.filter((id) => !results.includes(id))
  return missing.map(
    (id) => `messages.${index}: tool_use ids were found without tool_result blocks after: ${wordOf(id)}`,
  )
}

function strayResults(messages: readonly Json[]): string[] {
  return messages.flatMap((message, index) => {
    const calls = blocksOf(messages[index - 1] ?? {}).map(({ id }) => id)
    return blocksOf(message).flatMap(({ type, tool_use_id: id }) =>
      type === 'tool_result' && !calls.includes(id) ? [`messages.${index}: unexpected tool_use_id ${wordOf(id)}`] : [],
    )
  })
}

/** While the calls of an answer are being answered, thinking goes on only where that answer began with a thought. */
function checkThinking(body: Json, messages: readonly Json[]): string[] {
  const thinking = body['thinking']
  if (!isObject(thinking) || thinking['type'] !== 'enabled') return []
  const problems = Number(thinking['budget_tokens']) < Number(body['max_tokens']) ? [] : ['max_tokens must be greater']
  const last = blocksOf(messages.at(-1) ?? {})
  const answer = blocksOf(messages.at(-2) ?? {})
  const isAnswering = last.length > 0 && last.every(({ type }) => type === 'tool_result')
  if (isAnswering && !['thinking', 'redacted_thinking'].includes(wordOf(answer[0]?.['type'])))
    problems.push(
      'Expected `thinking` or `redacted_thinking`, but found `tool_use`: a final `assistant` message must start with a thinking block',
    )
  return problems
}
