import { validateChat } from '../openai-upstream/validate-chat.ts'
import {
  isObject,
  objectsOf,
  startStrictHost,
  unknownFields,
  wordOf,
  type Json,
  type StrictHost,
} from './strict-host.ts'

export interface ChatDialect {
  readonly model: string
  readonly takesImages: boolean
  readonly takesDeveloper: boolean
  /** Default: any. */
  readonly callIds?: RegExp
}

const FIELDS =
  'model messages stream stream_options tools tool_choice parallel_tool_calls max_tokens max_completion_tokens ' +
  'temperature top_p stop seed user metadata response_format reasoning_effort'
const MESSAGE_FIELDS: Readonly<Record<string, string>> = {
  system: 'role content name',
  developer: 'role content name',
  user: 'role content name',
  assistant: 'role content tool_calls name',
  tool: 'role content tool_call_id',
}

/** Chat Completions as OpenAI and Groq take them. */
export const startChatHost = (dialect: ChatDialect): Promise<StrictHost> =>
  startStrictHost(
    (body) => [
      ...unknownFields('body', body, FIELDS),
      ...objectsOf(body['messages']).flatMap((message, index) => checkMessage(message, `messages[${index}]`, dialect)),
      ...objectsOf(body['tools']).flatMap((tool, index) => checkTool(tool, `tools[${index}]`)),
      ...refusal(body, dialect.model),
    ],
    () => [],
  )

function refusal(body: Json, model: string): string[] {
  const refused = validateChat(body, [model])
  return refused === undefined ? [] : [wordOf(refused.error.message)]
}

function checkMessage(
  message: Json,
  at: string,
  { takesImages, takesDeveloper, callIds = /./ }: ChatDialect,
): string[] {
  const { role, content, tool_calls, tool_call_id } = message
  const fields = MESSAGE_FIELDS[wordOf(role)]
  if (fields === undefined || (role === 'developer' && !takesDeveloper))
    return [`${at}.role: ${wordOf(role)} is unknown`]
  const wrongId = (id: unknown): string[] =>
    callIds.test(wordOf(id)) ? [] : [`${at}: the id ${wordOf(id)} is malformed`]
  return [
    ...unknownFields(at, message, fields),
    ...(content === '' ? [`${at}.content: empty`] : []),
    ...objectsOf(content).flatMap((part, index) => checkPart(part, `${at}.content[${index}]`, takesImages)),
    ...(role === 'tool' ? wrongId(tool_call_id) : []),
    ...objectsOf(tool_calls).flatMap((call) => [
      ...unknownFields(`${at}.tool_calls`, call, 'id type function'),
      ...unknownFields(
        `${at}.tool_calls.function`,
        isObject(call['function']) ? call['function'] : {},
        'name arguments',
      ),
      ...wrongId(call['id']),
    ]),
  ]
}

function checkPart(part: Json, at: string, takesImages: boolean): string[] {
  if (part['type'] === 'text')
    return [...unknownFields(at, part, 'type text'), ...(part['text'] === '' ? [`${at}.text: empty`] : [])]
  if (part['type'] !== 'image_url') return [`${at}.type: ${wordOf(part['type'])} is unknown`]
  return [
    ...unknownFields(at, part, 'type image_url'),
    ...(takesImages ? [] : [`${at}: this model has no image input`]),
  ]
}

const checkTool = (tool: Json, at: string): string[] => [
  ...unknownFields(at, tool, 'type function'),
  ...unknownFields(at, isObject(tool['function']) ? tool['function'] : {}, 'name description parameters strict'),
]
