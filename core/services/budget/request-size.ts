import type { ProviderRequest } from '@plugboard/sdk'

/** How much a request holds, as far as it can be told without the provider's tokenizer. */
export interface RequestSize {
  /** UTF-8 bytes of all texts, names and schemas. */
  bytes: number
  /** Characters of the texts. */
  chars: number
  images: number
  /** Messages and tools: each is wrapped in a few tokens of the provider's own. */
  parts: number
  /** It refers to something that is not in it: a file, or a conversation the provider keeps. */
  refersElsewhere: boolean
}

export function requestSize({ model, context, options, wire }: ProviderRequest): RequestSize {
  const { systemPrompt, messages, tools = [] } = context
  const size: RequestSize = {
    bytes: 0,
    chars: 0,
    images: 0,
    parts: messages.length + tools.length + 1,
    refersElsewhere: false,
  }
  addTexts(systemPrompt, size)
  addTexts(messages, size)
  addTexts(tools, size)
  addTexts(options.responseFormat, size)
  addTexts(options.providerOptions?.[model.provider], size)
  addTexts(wire?.fields, size)
  if (KEPT_BY_PROVIDER.some((name) => (wire?.fields[name] ?? null) !== null)) size.refersElsewhere = true
  return size
}

/** Fields of the various protocols by which a request names what the provider keeps. */
const KEPT_BY_PROVIDER = ['previous_response_id', 'conversation', 'prompt', 'container', 'cachedContent']
const FILE_BY_NAME = /"(?:file_id|file_url|fileUri|file_uri)":/

function addTexts(value: unknown, size: RequestSize): void {
  if (typeof value === 'string') {
    size.bytes += Buffer.byteLength(value)
    size.chars += value.length
  } else if (Array.isArray(value)) for (const part of value) addTexts(part, size)
  else if (typeof value === 'object' && value !== null) addFields(value, size)
  else if (typeof value === 'number' || typeof value === 'boolean') size.bytes += String(value).length
}

function addFields(value: object, size: RequestSize): void {
  const { type } = value as { readonly type?: unknown }
  // The bytes of an image are not text, however they are written.
  if (type === 'image') {
    size.images++
    return
  }
  if (type === 'opaque' && FILE_BY_NAME.test(JSON.stringify(value))) size.refersElsewhere = true
  for (const [name, part] of Object.entries(value)) {
    size.bytes += Buffer.byteLength(name)
    addTexts(part, size)
  }
}
