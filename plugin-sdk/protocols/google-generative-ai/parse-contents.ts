import type { AssistantContent, Message, ToolResultMessage, UserContent } from '../../messages.ts'
import { responseText } from './function-response.ts'
import { listOf } from './json.ts'
import { GOOGLE } from './name.ts'
import { extrasMetadata, openPart, parseMedia, parseModelPart, parseUserPart, type OpenPart } from './parse-part.ts'
import { hasFields, invalid, optionalObject, optionalText, requiredText, split } from './request-fields.ts'

/** Calls without a result yet: a response without an id answers the first call of its name. */
type Waiting = { readonly id: string; readonly name: string }[]

/** `contents` in our words. Ids the client left out are made from the place of the call, so equal requests stay equal. */
export function parseContents(value: unknown): Message[] {
  const contents = listOf(value)
  if (contents.length === 0) throw invalid('contents', 'must hold at least one turn')
  const waiting: Waiting = []
  return contents.flatMap((content, index) => {
    const param = `contents[${index}]`
    const { known } = split(content, param, ['role', 'parts'])
    const parts = listOf(known.parts).map((part, at) => openPart(part, `${param}.parts[${at}]`, `call_${index}_${at}`))
    if (parts.length === 0) throw invalid(`${param}.parts`, 'must hold at least one part')
    switch (known.role ?? 'user') {
      case 'user':
      case 'function':
        return parseUserTurn(parts, waiting)
      case 'model':
        return parseModelTurn(parts, waiting)
      default:
        throw invalid(`${param}.role`, 'must be "user" or "model"')
    }
  })
}

function parseUserTurn(parts: readonly OpenPart[], waiting: Waiting): Message[] {
  const messages: Message[] = []
  let content: UserContent[] = []
  const flush = (): void => {
    const [only] = content
    const plain = content.length === 1 && only?.type === 'text' && only.providerMetadata === undefined
    if (content.length > 0) messages.push({ role: 'user', content: plain ? only.text : content })
    content = []
  }
  for (const part of parts) {
    if (part.known.functionResponse === undefined) {
      content.push(parseUserPart(part))
      continue
    }
    flush()
    messages.push(parseResult(part, waiting))
  }
  flush()
  return messages
}

function parseModelTurn(parts: readonly OpenPart[], waiting: Waiting): Message[] {
  const content = parts.map(parseModelPart).filter((part) => !saysNothing(part))
  for (const part of content) if (part.type === 'toolCall') waiting.push({ id: part.id, name: part.name })
  // One answer comes from one provider, so one foreign signature tells where all of it came from.
  const api = parts.map(({ api: made }) => made).find((made) => made !== GOOGLE) ?? GOOGLE
  return content.length === 0 ? [] : [{ role: 'assistant', content, api }]
}

/** Answers end with an empty text part, and clients send it back. */
const saysNothing = (part: AssistantContent): boolean =>
  part.type === 'text' && part.text === '' && part.textSignature === undefined && part.providerMetadata === undefined

function parseResult({ known: fields, rest: beside, param: at, place }: OpenPart, waiting: Waiting): ToolResultMessage {
  const param = `${at}.functionResponse`
  const { known, rest } = split(fields.functionResponse, param, ['id', 'name', 'response', 'parts'])
  const name = requiredText(known.name, `${param}.name`)
  const response = optionalObject(known.response, `${param}.response`) ?? {}
  const { text, isError } = responseText(response)
  // A response of Google's own form is written again from its text; any other object is kept.
  const kept = text === JSON.stringify(response) ? { ...rest, response } : rest
  const media = listOf(known.parts).map((part, index) => {
    const where = `${param}.parts[${index}]`
    return parseMedia(openPart(part, where, where))
  })
  return {
    role: 'toolResult',
    toolCallId: answeredId(optionalText(known.id, `${param}.id`), name, waiting) ?? place,
    toolName: name,
    content: [{ type: 'text', text }, ...media],
    isError,
    ...extrasMetadata({ ...beside, ...(hasFields(kept) ? { functionResponse: kept } : {}) }),
  }
}

function answeredId(id: string | undefined, name: string, waiting: Waiting): string | undefined {
  const byId = waiting.findIndex((call) => call.id === id)
  const index = byId === -1 ? waiting.findIndex((call) => call.name === name) : byId
  const [call] = index === -1 ? [] : waiting.splice(index, 1)
  return call?.id ?? id
}
