import { describe, expect, it } from 'vitest'
import { Secret, classifyFailure, type Failure, type LlmError } from '../../plugin-sdk/index.ts'

const classify = (failure: Partial<Failure> & { readonly json?: unknown }): LlmError => {
  const { json, ...rest } = failure
  return classifyFailure({
    provider: 'acme',
    model: 'm',
    body: json === undefined ? '' : JSON.stringify(json),
    ...rest,
  }).info
}

describe('what a failure says', () => {
  it.each([
    ['nested', { error: { message: 'No luck', type: 't', code: 'c', param: null } }, 'No luck', 'c'],
    ['top level', { message: 'No luck', type: 't', code: 'c' }, 'No luck', 'c'],
    ['an error that is a text', { error: 'No luck' }, 'No luck', undefined],
    ['an error text beside a code', { code: 'c', error: 'No luck' }, 'No luck', 'c'],
    ['a detail', { detail: 'No luck' }, 'No luck', undefined],
    [
      'details of a validation',
      { detail: [{ loc: ['body', 'x'], msg: 'No luck', type: 'missing' }] },
      'body.x: No luck',
      undefined,
    ],
    ['a list with one error', [{ error: { message: 'No luck', status: 'FAILED' } }], 'No luck', 'FAILED'],
    ['a list of errors', { errors: [{ message: 'No luck' }] }, 'No luck', undefined],
    [
      'an upstream inside',
      {
        error: { message: 'Provider returned error', code: 400, metadata: { raw: '{"error":{"message":"No luck"}}' } },
      },
      'Provider returned error: No luck',
      '400',
    ],
    ['the same words twice', { error: { message: 'No luck' }, message: 'No luck' }, 'No luck', undefined],
  ])('is found in a body with %s', (_name, json, message, providerCode) => {
    expect(classify({ status: 400, json })).toMatchObject({
      class: 'invalid_request',
      message,
      ...(providerCode && { providerCode }),
    })
  })

  it.each([
    ['plain text', 'No luck', 'No luck'],
    ['a web page', '<!DOCTYPE html><title>Bad\n gateway</title>', 'An HTML page instead of JSON: "Bad gateway".'],
    ['a web page without a title', '<html></html>', 'An HTML page instead of JSON.'],
    ['nothing', '', 'HTTP 520 without a reason.'],
    ['JSON that says nothing', '{"ok":false}', 'HTTP 520 without a reason.'],
  ])('is told for %s', (_name, body, message) => {
    expect(classify({ status: 520, body })).toMatchObject({ class: 'server', status: 520, message })
  })

  it('is cut, and so is the body', () => {
    const { message, body } = classify({ status: 400, json: { error: 'x'.repeat(10_000) } })
    expect(message).toHaveLength(1_000)
    expect(body).toHaveLength(4_000)
  })

  it('never holds a key, not even where the cut goes through it', () => {
    const key = 'sk-0123456789abcdefghijklmnop'
    const text = `${'x'.repeat(990)}${key}`
    const { message, body } = classify({ status: 401, json: { error: text }, secrets: [new Secret(key)] })
    expect(message + body).not.toContain('0123456789')
  })

  it('carries the id of the request', () => {
    const idOf = (headers: Record<string, string>, json: unknown = {}) =>
      classify({ status: 500, headers, json }).requestId
    expect(idOf({ 'x-request-id': 'a', 'cf-ray': 'c' })).toBe('a')
    expect(idOf({ 'request-id': 'b' })).toBe('b')
    expect(idOf({ 'cf-ray': 'c' })).toBe('c')
    expect(idOf({}, { request_id: 'd', error: { message: 'x' } })).toBe('d')
  })
})

describe('the order of evidence', () => {
  it('begins with the rules of the manifest: every condition must hold, the first rule wins', () => {
    const rules = [
      { status: 400, code: 'x', class: 'quota' },
      { match: 'NO LUCK', class: 'overloaded', retryable: false },
      { class: 'timeout' },
    ] as const
    const json = { error: { message: 'sorry, no luck', code: 'context_length_exceeded' } }
    expect(classify({ status: 400, json, rules })).toMatchObject({ class: 'overloaded', retryable: false })
    expect(classify({ status: 400, json: { error: { code: 'x' } }, rules })).toMatchObject({
      class: 'quota',
      retryable: false,
    })
    expect(classify({ status: 400, body: 'y', rules })).toMatchObject({ class: 'timeout', retryable: true })
  })

  it('goes on with codes, whatever the status', () => {
    const by = (code: string, status = 400) => classify({ status, json: { error: { message: 'x', code } } }).class
    expect(by('insufficient_quota', 429)).toBe('quota')
    expect(by('context_length_exceeded')).toBe('context_overflow')
    expect(by('invalid_api_key')).toBe('auth')
    expect(by('content_filter')).toBe('content_filter')
    expect(by('overloaded_error', 529)).toBe('overloaded')
    expect(by('model_not_found')).toBe('not_found')
    const amazon = classify({
      status: 403,
      json: { message: 'x' },
      headers: { 'x-amzn-errortype': 'ThrottlingException:http://x' },
    })
    expect(amazon).toMatchObject({ class: 'rate_limit', providerCode: 'ThrottlingException' })
  })

  it('believes a delay more than words about money', () => {
    const message =
      'You exceeded your current quota, please check your plan and billing details. Please retry in 48.9s.'
    expect(classify({ status: 429, json: { error: { message } } })).toMatchObject({
      class: 'rate_limit',
      retryable: true,
      retryAfterMs: 48_900,
    })
    expect(classify({ status: 429, json: { error: { message: 'You exceeded your current quota.' } } })).toMatchObject({
      class: 'quota',
      retryable: false,
    })
  })

  it('does not take a delay beside a plain refusal for a reason to wait', () => {
    const { class: errorClass, retryAfterMs } = classify({ status: 400, body: 'no', headers: { 'retry-after': '5' } })
    expect([errorClass, retryAfterMs]).toEqual(['invalid_request', undefined])
  })

  it.each([
    'prompt is too long: 210000 tokens > 200000 maximum',
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
    'Input is too long for requested model.',
    'Your input exceeds the context window of this model.',
    'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    'Please reduce the length of the messages or completion.',
    'the request exceeds the available context size, try increasing it',
    'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000',
    'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
    'TOO_MANY_TOKENS: size limit exceeded by 12 tokens',
    'The total length of all messages is too long.',
  ])('knows an overflow: %s', (message) => {
    expect(classify({ status: 400, json: { error: { message } } })).toMatchObject({
      class: 'context_overflow',
      retryable: false,
    })
  })

  it.each([
    'Rate limit: too many tokens',
    'Too many tokens, please wait before trying again.',
    'Too many requests: token limit exceeded',
  ])('does not take throttling for an overflow: %s', (message) => {
    expect(classify({ status: 429, json: { message } }).class).toBe('rate_limit')
  })

  it.each([
    'Your credit balance is too low to access the API.',
    'Insufficient Balance',
    'This request requires more credits, or fewer max_tokens.',
    'Your team has used all available credits',
    'Monthly usage limit reached',
  ])('knows that money is gone: %s', (message) => {
    expect(classify({ status: 400, json: { error: message } })).toMatchObject({ class: 'quota', retryable: false })
  })

  it.each([
    ['Incorrect API key provided: sk-***', 400],
    ['API key not valid. Please pass a valid API key.', 400],
    ['Access denied due to invalid subscription key', 400],
  ])('knows a refused key: %s', (message, status) => {
    expect(classify({ status, json: { error: message } }).class).toBe('auth')
  })

  it.each([
    [401, 'auth', false],
    [402, 'quota', false],
    [403, 'auth', false],
    [404, 'not_found', false],
    [408, 'timeout', true],
    [409, 'server', true],
    [413, 'context_overflow', false],
    [418, 'invalid_request', false],
    [422, 'invalid_request', false],
    [429, 'rate_limit', true],
    [500, 'server', true],
    [502, 'server', true],
    [503, 'overloaded', true],
    [504, 'timeout', true],
    [524, 'timeout', true],
    [529, 'overloaded', true],
    [302, 'server', false],
  ])('ends with the status: %i is %s', (status, errorClass, retryable) => {
    expect(classify({ status, body: '' })).toMatchObject({ class: errorClass, retryable, status })
  })

  it('knows an overload by its words, where the status says rate limit or server error', () => {
    expect(classify({ status: 429, json: { message: 'Service tier capacity exceeded for this model.' } }).class).toBe(
      'overloaded',
    )
    expect(classify({ status: 500, json: { error: 'The model is overloaded' } }).class).toBe('overloaded')
  })

  it('takes the status of an error inside a stream from the error', () => {
    expect(classify({ status: 200, json: { error: { message: 'x', code: 429 } } })).toMatchObject({
      class: 'rate_limit',
      status: 429,
    })
    expect(classify({ status: 200, json: { error: { message: 'x', status_code: 400 } } })).toMatchObject({
      class: 'invalid_request',
      status: 400,
    })
    const unknown = classify({ status: 200, json: { error: { message: 'x' } } })
    expect(unknown).toMatchObject({ class: 'server', retryable: true })
    expect(unknown.status).toBeUndefined()
  })

  it('lets a provider say that trying again is useless', () => {
    const headers = { 'x-should-retry': 'false', 'retry-after': '3600' }
    const { retryable, retryAfterMs } = classify({ status: 429, body: 'x', headers })
    expect([retryable, retryAfterMs]).toEqual([false, undefined])
  })
})

describe('how long to wait', () => {
  const wait = (headers: Readonly<Record<string, string>>, message = 'x', details: readonly unknown[] = []) =>
    classify({ status: 429, headers, json: { error: { message, details } } }).retryAfterMs

  it.each([
    ['milliseconds', { 'retry-after-ms': '644' }, 644],
    ['seconds', { 'retry-after': '20' }, 20_000],
    ['fractions of seconds', { 'retry-after': '0.5' }, 500],
    ['the longer of two, as Azure sends them', { 'retry-after': '1', 'retry-after-ms': '0' }, 1_000],
    ['nothing at all', {}, undefined],
    ['something else', { 'retry-after': 'soon' }, undefined],
  ])('is told in %s', (_name, headers, wanted) => {
    expect(wait(headers as Readonly<Record<string, string>>)).toBe(wanted)
  })

  it('is told as a date', () => {
    const inTenSeconds = new Date(Date.now() + 10_000).toUTCString()
    const delay = wait({ 'retry-after': inTenSeconds }) ?? 0
    expect(delay).toBeGreaterThan(8_000)
    expect(delay).toBeLessThanOrEqual(10_000)
    expect(wait({ 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' })).toBe(0)
  })

  it.each([
    ['Please try again in 20s.', 20_000],
    ['Please try again in 644ms. Visit', 644],
    ['Please try again in 9m38.016s. Need more', 578_016],
    ['Please retry in 48.9s.', 48_900],
    ['Retry after 20 seconds', 20_000],
    ['try again in 2 minutes', 120_000],
    ['try again in about 1 hour', 3_600_000],
    ['Please try again later.', undefined],
  ])('is told in words: %s', (message, wanted) => {
    expect(wait({}, message)).toBe(wanted)
  })

  it("is told in Google's details", () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '48s' }]
    expect(wait({}, 'x', details)).toBe(48_000)
  })

  it('is the time until the limit that is used up fills again, where nothing better is told', () => {
    expect(
      wait({
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '2m59.5s',
        'x-ratelimit-remaining-tokens': '500',
        'x-ratelimit-reset-tokens': '9m',
      }),
    ).toBe(179_500)
    expect(wait({ 'x-ratelimit-reset': String(Date.now() + 60_000) }) ?? 0).toBeGreaterThan(50_000)
    const soon = new Date(Date.now() + 30_000).toISOString()
    const headers = { 'anthropic-ratelimit-tokens-remaining': '0', 'anthropic-ratelimit-tokens-reset': soon }
    expect(wait(headers) ?? 0).toBeGreaterThan(20_000)
    expect(wait({ ...headers, 'retry-after': '1' })).toBe(1_000)
  })
})
