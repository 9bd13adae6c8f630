import type { Message, ProviderRequest } from '@plugboard/sdk'

/** How much a request holds, as far as it can be told without the provider's tokenizer. */
export interface RequestSize {
  /** UTF-8 bytes of all texts, and of all that is sent as JSON. */
  bytes: number
  images: number
  /** Messages and their parts: each is wrapped in a few tokens of the provider's own. */
  parts: number
  /** It refers to something that is not in it: a file, or a conversation the provider keeps. */
  refersElsewhere: boolean
}

/** Fields of the various protocols by which a request names what the provider keeps. */
const KEPT_BY_PROVIDER = ['previous_response_id', 'conversation', 'prompt', 'container', 'cachedContent']
const FILE_BY_NAME = /"(?:file_id|file_url|fileUri|file_uri)":/

export function requestSize({ model, context, options, wire }: ProviderRequest): RequestSize {
  const { systemPrompt = '', messages, tools = [] } = context
  const fields = wire?.fields ?? {}
  const size: RequestSize = {
    bytes: Buffer.byteLength(systemPrompt) + jsonBytes(options.responseFormat),
    images: 0,
    parts: 1,
    refersElsewhere: KEPT_BY_PROVIDER.some((name) => (fields[name] ?? null) !== null),
  }
  size.bytes += jsonBytes(options.providerOptions?.[model.provider]) + jsonBytes(fields)
  for (const tool of tools) size.bytes += jsonBytes(tool)
  for (const message of messages) addMessage(message, size)
  return size
}

function addMessage(message: Message, size: RequestSize): void {
  const { content } = message
  size.bytes += jsonBytes(message.providerMetadata)
  if (message.role === 'toolResult') size.bytes += Buffer.byteLength(`${message.toolCallId}${message.toolName ?? ''}`)
  if (typeof content === 'string') {
    size.parts++
    size.bytes += Buffer.byteLength(content)
    return
  }
  size.parts += content.length + 1
  for (const part of content) {
    if (part.type === 'text') size.bytes += Buffer.byteLength(part.text) + jsonBytes(part.providerMetadata)
    else if (part.type === 'thinking') size.bytes += Buffer.byteLength(part.thinking) + jsonBytes(part)
    // The bytes of an image are not text, however they are written.
    else if (part.type === 'image') size.images++
    else {
      const json = JSON.stringify(part)
      size.bytes += Buffer.byteLength(json)
      if (part.type === 'opaque' && FILE_BY_NAME.test(json)) size.refersElsewhere = true
    }
  }
}

const jsonBytes = (value: unknown): number => (value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value)))
