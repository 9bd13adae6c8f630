import { invalidRequest, unknownModel, type Refusal } from './errors.ts'

type Json = Readonly<Record<string, unknown>>

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function']

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Why the API refuses this chat request, or undefined when it is good. Checks what a gateway could get wrong. */
export function validateChat(body: unknown, models: readonly string[]): Refusal | undefined {
  if (!isObject(body)) return invalidRequest('We could not parse the JSON body of your request.')
  const { model, messages, stream, stream_options } = body
  if (typeof model !== 'string' || model === '') return invalidRequest('you must provide a model parameter')
  if (!models.includes(model)) return unknownModel(model)
  if (messages === undefined)
    return invalidRequest("Missing required parameter: 'messages'.", 'messages', 'missing_required_parameter')
  if (!Array.isArray(messages))
    return invalidRequest("Invalid type for 'messages': expected an array of objects.", 'messages', 'invalid_type')
  if (messages.length === 0)
    return invalidRequest("Invalid 'messages': empty array. Expected at least 1.", 'messages', 'empty_array')
  if (stream_options !== undefined && stream_options !== null && stream !== true)
    return invalidRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
  return firstOf(messages, validateMessage) ?? validateToolOrder(messages as Json[])
}

function validateMessage(message: unknown, index: number): Refusal | undefined {
  const at = `messages[${index}]`
  if (!isObject(message)) return invalidRequest(`Invalid type for '${at}': expected an object.`, at, 'invalid_type')
  const { role, content, tool_calls } = message
  if (typeof role !== 'string' || !ROLES.includes(role))
    return invalidRequest(
      `Invalid value: '${String(role)}'. Supported values are: ${ROLES.map((name) => `'${name}'`).join(', ')}.`,
      `${at}.role`,
      'invalid_value',
    )
  const empty = content === undefined || content === null
  if (empty && !(role === 'assistant' && Array.isArray(tool_calls)))
    return invalidRequest(`Invalid value for 'content': expected a string, got null.`, `${at}.content`, 'invalid_type')
  if (!empty && typeof content !== 'string' && !Array.isArray(content))
    return invalidRequest(
      `Invalid type for '${at}.content': expected a string or an array.`,
      `${at}.content`,
      'invalid_type',
    )
  return undefined
}

/** Every tool call is answered by the messages that follow at once, and nothing else is. */
function validateToolOrder(messages: readonly Json[]): Refusal | undefined {
  const open = new Set<unknown>()
  for (const [index, message] of messages.entries()) {
    if (message['role'] === 'tool') {
      if (!open.delete(message['tool_call_id']))
        return invalidRequest(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          `messages.[${index}].role`,
        )
      continue
    }
    if (open.size > 0) return unanswered(open, index)
    for (const call of (message['tool_calls'] as readonly Json[] | undefined) ?? []) open.add(call['id'])
  }
  return open.size > 0 ? unanswered(open, messages.length) : undefined
}

const unanswered = (open: ReadonlySet<unknown>, index: number): Refusal =>
  invalidRequest(
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
      `The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
    `messages.[${index}].role`,
  )

function firstOf<T>(items: readonly T[], check: (item: T, index: number) => Refusal | undefined): Refusal | undefined {
  for (const [index, item] of items.entries()) {
    const refusal = check(item, index)
    if (refusal !== undefined) return refusal
  }
  return undefined
}
