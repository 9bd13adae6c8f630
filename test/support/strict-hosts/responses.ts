import { objectsOf, startStrictHost, unknownFields, wordOf, type Json, type StrictHost } from './strict-host.ts'

const FIELDS =
  'model instructions input tools tool_choice parallel_tool_calls max_output_tokens text reasoning user metadata ' +
  'include store stream'
const ITEM_FIELDS: Readonly<Record<string, string>> = {
  message: 'type role content id status phase',
  function_call: 'type id call_id name arguments status',
  function_call_output: 'type call_id output',
  reasoning: 'type id summary encrypted_content',
}
/** What an id of an item begins with. */
const PREFIX: Readonly<Record<string, string>> = { message: 'msg_', function_call: 'fc_', reasoning: 'rs_' }

/** The Responses API without its memory. */
export const startResponsesHost = (): Promise<StrictHost> =>
  startStrictHost(check, (answer) =>
    objectsOf(answer['output']).flatMap((item) => [item['encrypted_content'], item['id']]),
  )

function check(body: Json, issued: ReadonlySet<string>): string[] {
  const input = objectsOf(body['input'])
  return [
    ...unknownFields('body', body, FIELDS),
    ...input.flatMap((item, index) => checkItem(item, `input[${index}]`, issued)),
    ...checkPairs(input),
    ...checkThoughts(input),
  ]
}

function checkItem(item: Json, at: string, issued: ReadonlySet<string>): string[] {
  const type = wordOf(item['type'])
  const fields = ITEM_FIELDS[type]
  if (fields === undefined) return [`${at}.type: ${type} is unknown`]
  const { id, call_id, content, role } = item
  const problems = unknownFields(at, item, fields)
  if (id !== undefined && !wordOf(id).startsWith(PREFIX[type] ?? '?'))
    problems.push(`${at}.id: Expected an ID that begins with '${PREFIX[type]}'`)
  if (id !== undefined && !issued.has(wordOf(id))) problems.push(`${at}.id: Item not found`)
  if (type === 'reasoning' && !issued.has(wordOf(item['encrypted_content'])))
    problems.push(`${at}.encrypted_content: could not be verified`)
  if (call_id !== undefined && !/^[A-Za-z0-9_-]{1,64}$/.test(wordOf(call_id))) problems.push(`${at}.call_id: malformed`)
  if (content === '') problems.push(`${at}.content: empty`)
  for (const part of objectsOf(content)) {
    const wanted = role === 'assistant' ? ['output_text', 'refusal'] : ['input_text', 'input_image']
    if (!wanted.includes(wordOf(part['type']))) problems.push(`${at}.content: ${wordOf(part['type'])} is not supported`)
    problems.push(...unknownFields(at, part, 'type text image_url detail annotations'))
  }
  return problems
}

function checkPairs(input: readonly Json[]): string[] {
  const ids = (type: string): readonly unknown[] =>
    input.flatMap((item) => (item['type'] === type ? [item['call_id']] : []))
  const [calls, outputs] = [ids('function_call'), ids('function_call_output')]
  return [
    ...calls.filter((id) => !outputs.includes(id)).map((id) => `No tool output found for function call ${wordOf(id)}.`),
    ...outputs
      .filter((id) => !calls.includes(id))
      .map((id) => `No tool call found for function call output ${wordOf(id)}.`),
    ...(new Set(calls).size === calls.length ? [] : ['Duplicate call_id']),
  ]
}

/** A thought is followed by the item it led to. */
function checkThoughts(input: readonly Json[]): string[] {
  return input.flatMap((item, index) => {
    const next = input[index + 1]
    if (item['type'] !== 'reasoning' || (next !== undefined && next['id'] !== undefined)) return []
    return [`Item '${wordOf(item['id'])}' of type 'reasoning' was provided without its required following item.`]
  })
}
