type JsonObject = Readonly<Record<string, unknown>>

/** What an error answer says, whatever shape the provider gave it. */
export interface ErrorBody {
  /** For people; empty when there is none. */
  readonly message: string
  /** Every machine-readable name of the error, the most specific first, numbers last. */
  readonly codes: readonly string[]
  /** All wording, also that of an upstream provider that an aggregator passes on. */
  readonly text: string
  /** The status an error inside a stream claims for itself. */
  readonly status: number | undefined
  /** Delay in Google's `RetryInfo`, for example `48s`. */
  readonly retryDelay: string | undefined
  readonly requestId: string | undefined
}

/** An aggregator's error may hold its upstream's, which may hold another one. */
const MAX_DEPTH = 4

export function readErrorBody(body: string): ErrorBody {
  const trimmed = body.trim()
  if (trimmed.startsWith('<')) return plain(htmlMessage(trimmed))
  const value = parse(trimmed)
  // Google's streaming endpoint wraps the error in a list.
  const root: unknown = Array.isArray(value) ? value[0] : value
  if (typeof root === 'string') return plain(root)
  if (!isObject(root)) return plain(trimmed)

  const found: Found = { messages: [], codes: [], statuses: [], retryDelay: undefined }
  collect(root, found, 0)
  const messages = [...new Set(found.messages)]
  return {
    message: messages.join(': '),
    codes: [...new Set(found.codes)].toSorted((a, b) => Number(isNumber(a)) - Number(isNumber(b))),
    text: messages.length === 0 ? trimmed : messages.join('\n'),
    status: found.statuses.find((status) => status >= 400 && status < 600),
    retryDelay: found.retryDelay,
    requestId: textOf(root['request_id']),
  }
}

interface Found {
  readonly messages: string[]
  readonly codes: string[]
  readonly statuses: number[]
  retryDelay: string | undefined
}

function collect(value: JsonObject, found: Found, depth: number): void {
  if (depth > MAX_DEPTH) return
  const { error, message, detail, errors, metadata } = value
  // `code` beside a string `error` is prose at xAI; as a name it does no harm.
  for (const name of ['code', 'type', 'status', 'error_type', 'reason']) note(value[name], name, found)
  for (const name of ['status_code', 'raw_status_code', 'http_status']) note(value[name], 'status', found)
  if (isObject(value['innererror'])) note(value['innererror']['code'], 'code', found)

  if (isObject(error)) collect(error, found, depth + 1)
  else say(error, found)
  say(message, found)
  if (Array.isArray(detail)) for (const item of detail) say(validationOf(item), found)
  else if (isObject(detail)) collect(detail, found, depth + 1)
  else say(detail, found)
  if (Array.isArray(errors)) for (const item of errors) if (isObject(item)) collect(item, found, depth + 1)
  if (Array.isArray(value['details'])) for (const item of value['details']) readGoogleDetail(item, found)
  if (isObject(metadata)) readUpstream(metadata, found, depth)
}

function note(value: unknown, name: string, found: Found): void {
  if (typeof value === 'number') {
    found.statuses.push(value)
    if (name === 'code') found.codes.push(String(value))
  } else if (typeof value === 'string' && value !== '') {
    if (/^\d{3}$/.test(value)) found.statuses.push(Number(value))
    // "error" and the like name nothing.
    if (value !== 'error') found.codes.push(value)
  }
}

function say(value: unknown, found: Found): void {
  if (typeof value !== 'string' || value.trim() === '') return
  const inner = value.trimStart().startsWith('{') ? parse(value) : undefined
  if (isObject(inner)) collect(inner, found, 1)
  else found.messages.push(value.trim())
}

/** FastAPI names the field apart from what is wrong with it. */
function validationOf(item: unknown): string | undefined {
  if (!isObject(item)) return textOf(item)
  const where = Array.isArray(item['loc']) ? `${item['loc'].join('.')}: ` : ''
  return `${where}${textOf(item['msg']) ?? JSON.stringify(item)}`
}

function readGoogleDetail(item: unknown, found: Found): void {
  if (!isObject(item)) return
  found.retryDelay ??= textOf(item['retryDelay'])
  note(item['reason'], 'reason', found)
}

/** OpenRouter keeps the upstream's own answer in `metadata.raw`. */
function readUpstream(metadata: JsonObject, found: Found, depth: number): void {
  note(metadata['error_type'], 'type', found)
  const { raw } = metadata
  if (isObject(raw)) collect(raw, found, depth + 1)
  else say(raw, found)
}

function htmlMessage(html: string): string {
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(html)?.[1]?.replace(/\s+/g, ' ').trim()
  return title === undefined || title === ''
    ? 'An HTML page instead of JSON.'
    : `An HTML page instead of JSON: "${title}".`
}

const plain = (message: string): ErrorBody => ({
  message,
  codes: [],
  text: message,
  status: undefined,
  retryDelay: undefined,
  requestId: undefined,
})

const isNumber = (code: string): boolean => /^\d+$/.test(code)

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
