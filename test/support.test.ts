import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { startOpenAIUpstream, type OpenAIUpstream, type Plan } from './support/openai-upstream.ts'
import { startNode } from './support/process.ts'
import { tempDir } from './support/temp-dir.ts'
import { until } from './support/until.ts'

const hello = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello!' }] }
const streamed = { ...hello, stream: true }

function post(upstream: OpenAIUpstream, body: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(`${upstream.url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  })
}

/** The payloads of a stream, and whether it broke off. */
async function payloads(response: Response): Promise<{ data: string[]; broken: boolean }> {
  const decoder = new TextDecoder()
  let received = ''
  let broken = false
  try {
    for await (const chunk of response.body ?? []) received += decoder.decode(chunk, { stream: true })
  } catch {
    broken = true
  }
  const events = received.split('\n\n').slice(0, -1)
  return { data: events.map((event) => event.replace('data: ', '')), broken }
}

const contentOf = (payload: string): string | undefined =>
  (JSON.parse(payload) as { choices: { delta: { content?: string } }[] }).choices[0]?.delta.content

/** The sizes of the HTTP chunks of an answer, in which each write of the server shows. */
async function httpChunks(upstream: OpenAIUpstream, request: object): Promise<number[]> {
  const body = JSON.stringify(request)
  const socket = connect(upstream.port, '127.0.0.1')
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    'host: upstream',
    `content-length: ${body.length}`,
    'connection: close',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  const answer = await text(socket)
  const sizes: number[] = []
  for (let at = answer.indexOf('\r\n\r\n') + 4; ;) {
    const lineEnd = answer.indexOf('\r\n', at)
    const size = Number.parseInt(answer.slice(at, lineEnd), 16)
    if (size === 0) return sizes
    sizes.push(size)
    at = lineEnd + 2 + size + 2
  }
}

describe('the OpenAI upstream', () => {
  it('satisfies the official SDK, in one piece and streamed', async () => {
    await using upstream = await startOpenAIUpstream({
      apiKey: 'sk-upstream',
      script: { text: 'generation 2', usage: { prompt: 10, completion: 4, cached: 3, reasoning: 1 } },
    })
    const client = new OpenAI({ baseURL: upstream.url, apiKey: 'sk-upstream', maxRetries: 0 })
    const messages = [{ role: 'user' as const, content: 'Hello!' }]

    const answer = await client.chat.completions.create({ model: 'gpt-4o', messages })
    expect(answer.choices[0]?.message.content).toBe('generation 2')
    expect(answer.usage).toMatchObject({
      prompt_tokens: 10,
      total_tokens: 14,
      prompt_tokens_details: { cached_tokens: 3 },
    })

    const stream = client.chat.completions.stream({
      model: 'gpt-4o',
      messages,
      stream_options: { include_usage: true },
    })
    const final = await stream.finalChatCompletion()
    expect(final.choices[0]?.message.content).toBe('generation 2')
    expect(final.choices[0]?.finish_reason).toBe('stop')
    expect(final.usage?.completion_tokens_details?.reasoning_tokens).toBe(1)

    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['gpt-4o', 'gpt-4o-mini'])
  })

  it('streams the arguments of tool calls in pieces', async () => {
    await using upstream = await startOpenAIUpstream({
      script: {
        toolCalls: [
          { name: 'weather', arguments: { city: 'Zürich' }, pieces: 4 },
          { name: 'time', arguments: '{"zone":' },
        ],
      },
    })
    const client = new OpenAI({ baseURL: upstream.url, apiKey: 'any', maxRetries: 0 })
    const stream = await client.chat.completions.create({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'Weather?' }],
      stream: true,
    })
    const calls: { name?: string | undefined; pieces: string[] }[] = []
    let finish: string | null | undefined
    for await (const { choices } of stream) {
      finish = choices[0]?.finish_reason ?? finish
      for (const { index, function: call } of choices[0]?.delta.tool_calls ?? [])
        (calls[index] ??= { name: call?.name, pieces: [] }).pieces.push(call?.arguments ?? '')
    }
    expect(calls.map(({ name, pieces }) => [name, pieces.length, pieces.join('')])).toEqual([
      ['weather', 5, '{"city":"Zürich"}'],
      ['time', 4, '{"zone":'],
    ])
    expect(finish).toBe('tool_calls')
  })

  it('sends role, the planned deltas, finish and [DONE]; usage only when asked', async () => {
    await using upstream = await startOpenAIUpstream({ script: { deltas: 3 } })
    const plain = await payloads(await post(upstream, streamed))
    expect(plain.data.slice(0, 4).map(contentOf)).toEqual(['', 'd0 ', 'd1 ', 'd2 '])
    expect(plain.data[4]).toContain('"finish_reason":"stop"')
    expect(plain.data.slice(5)).toEqual(['[DONE]'])

    const counted = await payloads(await post(upstream, { ...streamed, stream_options: { include_usage: true } }))
    expect(counted.data).toHaveLength(7)
    expect(JSON.parse(counted.data[5] ?? '')).toMatchObject({ choices: [], usage: { completion_tokens: 3 } })
  })

  it.each([
    ['a broken body', '{', 400, 'We could not parse the JSON body of your request.'],
    ['no model', { messages: hello.messages }, 400, 'you must provide a model parameter'],
    ['an unknown model', { ...hello, model: 'gpt-9' }, 404, 'The model `gpt-9` does not exist'],
    ['no messages', { model: 'gpt-4o' }, 400, "Missing required parameter: 'messages'."],
    ['an empty conversation', { ...hello, messages: [] }, 400, 'empty array'],
    ['an unknown role', { ...hello, messages: [{ role: 'model', content: 'x' }] }, 400, "Invalid value: 'model'"],
    ['a user who says nothing', { ...hello, messages: [{ role: 'user', content: null }] }, 400, 'got null'],
    ['stream_options without stream', { ...hello, stream_options: { include_usage: true } }, 400, 'only allowed when'],
    [
      'a tool call left unanswered',
      {
        ...hello,
        messages: [{ role: 'assistant', content: null, tool_calls: [{ id: 'call_7' }] }, ...hello.messages],
      },
      400,
      'did not have response messages: call_7',
    ],
    [
      'a tool result nobody asked for',
      { ...hello, messages: [{ role: 'tool', tool_call_id: 'call_7', content: 'x' }] },
      400,
      'must be a response to a preceeding message',
    ],
  ])('refuses %s as OpenAI does', async (_, body, status, message) => {
    await using upstream = await startOpenAIUpstream()
    const response = await post(upstream, body)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({
      error: { type: 'invalid_request_error', message: expect.stringContaining(message) as string },
    })
  })

  it('refuses a wrong key and an unknown address', async () => {
    await using upstream = await startOpenAIUpstream({ apiKey: 'right' })
    const wrong = await post(upstream, hello, { headers: { authorization: 'Bearer wrong' } })
    expect([wrong.status, await wrong.json()]).toMatchObject([401, { error: { code: 'invalid_api_key' } }])
    const lost = await fetch(`${upstream.url}/embed`, { headers: { authorization: 'Bearer right' } })
    expect([lost.status, await lost.json()]).toMatchObject([404, { error: { message: 'Invalid URL (GET /v1/embed)' } }])
    expect(upstream.requests.map(({ path }) => path)).toEqual(['/v1/chat/completions', '/v1/embed'])
  })

  it('plays a list of plans in turn, then its last one', async () => {
    const limited: Plan = { status: 429, headers: { 'retry-after': '7' } }
    await using upstream = await startOpenAIUpstream({ script: [limited, { body: 'not json' }, { text: 'fine' }] })
    const first = await post(upstream, hello)
    expect([first.status, first.headers.get('retry-after')]).toEqual([429, '7'])
    expect(await first.json()).toMatchObject({ error: { code: 'rate_limit_exceeded' } })
    expect(await (await post(upstream, hello)).text()).toBe('not json')
    for (let turn = 0; turn < 2; turn++)
      expect(await (await post(upstream, hello)).text()).toContain('"content": "fine"')
  })

  it('asks a function for each plan', async () => {
    await using upstream = await startOpenAIUpstream()
    upstream.script(({ body, headers }) => ({ text: `${String(headers['x-turn'])} for ${String(body['user'])}` }))
    const response = await post(upstream, { ...hello, user: 'ada' }, { headers: { 'x-turn': 'turn 1' } })
    expect(await response.text()).toContain('"content": "turn 1 for ada"')
  })

  it('writes event by event, all in one burst, or drop by drop', async () => {
    await using upstream = await startOpenAIUpstream({ script: { deltas: 20 } })
    expect(await httpChunks(upstream, streamed)).toHaveLength(23)
    upstream.script({ deltas: 20, burst: true })
    expect(await httpChunks(upstream, streamed)).toHaveLength(1)
    upstream.script({ text: 'x'.repeat(100), drip: { bytes: 64, everyMs: 0 } })
    const drops = await httpChunks(upstream, hello)
    expect(drops.length).toBeGreaterThan(5)
    expect(Math.max(...drops)).toBe(64)
  })

  it('waits before the first byte and between the deltas', async () => {
    await using upstream = await startOpenAIUpstream({ script: { deltas: 4, firstByteDelayMs: 40, deltaDelayMs: 20 } })
    const asked = performance.now()
    const response = await post(upstream, streamed)
    const head = performance.now()
    await payloads(response)
    expect(head - asked).toBeGreaterThanOrEqual(39)
    expect(performance.now() - head).toBeGreaterThanOrEqual(55)
  })

  it.each([true, false])('cuts the connection after the planned deltas (burst: %s)', async (burst) => {
    await using upstream = await startOpenAIUpstream({ script: { deltas: 9, burst, fault: { kind: 'cut', after: 3 } } })
    const { data, broken } = await payloads(await post(upstream, streamed))
    expect(data.map(contentOf)).toEqual(['', 'd0 ', 'd1 ', 'd2 '])
    expect(broken).toBe(true)
    const request = await upstream.chat(0)
    expect(await request.over).toBe('cut')
    expect(request.answer.deltasSent).toBe(3)
    expect(request.leftAt).toBeUndefined()
  })

  it('cuts before the head, after it, and in the middle of a JSON body', async () => {
    await using upstream = await startOpenAIUpstream({ script: { fault: { kind: 'cut', after: 'request' } } })
    await expect(post(upstream, hello)).rejects.toThrow('fetch failed')
    upstream.script({ fault: { kind: 'cut', after: 'head' } })
    const headOnly = await post(upstream, hello)
    expect(headOnly.status).toBe(200)
    await expect(headOnly.text()).rejects.toThrow('terminated')
    upstream.script({ fault: { kind: 'end', after: 0 } })
    const half = await (await post(upstream, hello)).text()
    expect(half).toMatch(/^\{\n {2}"id"/)
    expect(() => JSON.parse(half) as unknown).toThrow('JSON')
  })

  it('ends without a finish, puts an error into the stream, and breaks one event', async () => {
    await using upstream = await startOpenAIUpstream({ script: { deltas: 4, fault: { kind: 'end', after: 2 } } })
    const ended = await payloads(await post(upstream, streamed))
    expect([ended.data.length, ended.broken]).toEqual([3, false])

    upstream.script({ deltas: 4, fault: { kind: 'error', after: 2, error: { message: 'Overloaded.' } } })
    const failed = await payloads(await post(upstream, streamed))
    expect(failed.data).toHaveLength(4)
    expect(JSON.parse(failed.data[3] ?? '')).toMatchObject({ error: { message: 'Overloaded.', type: 'server_error' } })

    upstream.script({ deltas: 4, fault: { kind: 'malformed', after: 2 } })
    const malformed = await payloads(await post(upstream, streamed))
    expect(() => JSON.parse(malformed.data[3] ?? '') as unknown).toThrow('JSON')
    expect(malformed.data.at(-1)).toBe('[DONE]')
  })

  it('records when a client leaves an answer that has stalled', async () => {
    await using upstream = await startOpenAIUpstream({ script: { deltas: 4, fault: { kind: 'stall', after: 2 } } })
    const client = new AbortController()
    const response = await post(upstream, streamed, { signal: client.signal })
    const reading = payloads(response)
    const request = await upstream.chat(0)
    await until(() => request.answer.deltasSent === 2)
    const left = performance.now()
    client.abort()
    expect(await request.over).toBe('left')
    expect(request.leftAt).toBeGreaterThanOrEqual(left)
    expect((await reading).broken).toBe(true)
    await until(() => request.connection.closedAt !== undefined)
    expect(request.connection.closedBy).toBe('client')
  })

  it('holds an answer until the test lets it go', async () => {
    const gate = Promise.withResolvers<void>()
    await using upstream = await startOpenAIUpstream({ script: { deltas: 4, hold: { after: 2, until: gate.promise } } })
    const reading = post(upstream, streamed).then(payloads)
    const request = await upstream.chat(0)
    await until(() => request.answer.deltasSent === 2)
    gate.resolve()
    expect((await reading).data).toHaveLength(7)
    expect(await request.over).toBe('sent')
    expect(request.answer.deltasSent).toBe(4)
  })

  it('comes back on the port it had', async () => {
    const first = await startOpenAIUpstream()
    await first.close()
    await expect(post(first, hello)).rejects.toThrow('fetch failed')
    await using second = await startOpenAIUpstream({ port: first.port })
    expect((await post(second, hello)).status).toBe(200)
  })

  it('says so when a plan cannot be played', async () => {
    const upstream = await startOpenAIUpstream({ script: { deltas: 2, fault: { kind: 'cut', after: 3 } } })
    await expect(post(upstream, streamed)).rejects.toThrow('fetch failed')
    await expect(upstream.close()).rejects.toThrow('never comes to the moment 3')
  })

  it('sends a body of many megabytes whole', async () => {
    await using upstream = await startOpenAIUpstream({ script: { text: 'x'.repeat(8_000_000) } })
    const answer = (await (await post(upstream, hello)).json()) as { choices: { message: { content: string } }[] }
    expect(answer.choices[0]?.message.content).toHaveLength(8_000_000)
  })
})

describe('folders, processes and waiting', () => {
  it('gives a folder that is gone afterwards', async () => {
    let path: string
    {
      await using dir = await tempDir()
      path = dir.path
      await writeFile(dir.at('file.txt'), 'content')
      expect(existsSync(path)).toBe(true)
    }
    expect(existsSync(path)).toBe(false)
  })

  it('runs a Node process that sees only the environment it is given', async () => {
    process.env['PLUGBOARD_TEST_LEAK'] = 'yes'
    await using child = startNode(
      [
        '-e',
        'console.log(`${process.env.GIVEN} ${process.env.PLUGBOARD_TEST_LEAK}`); console.error("bad"); process.exitCode = 3',
      ],
      { env: { GIVEN: 'given' } },
    )
    expect((await child.line(/^given (.*)$/))[1]).toBe('undefined')
    expect(await child.exited).toEqual({ code: 3, signal: null })
    expect(child.stderr).toBe('bad\n')
    delete process.env['PLUGBOARD_TEST_LEAK']
  })

  it('kills a process by signal, and tells what it said when a line never came', async () => {
    const child = startNode(['-e', 'console.log("up"); setInterval(() => {}, 1000)'])
    await child.line(/^up$/)
    const ready = child.line(/^ready$/)
    child.kill('SIGKILL')
    await expect(ready).rejects.toThrow(/SIGKILL before a line \/\^ready\$\/[^]*up/)
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' })
  })

  it('gives up on a condition at the deadline', async () => {
    await expect(until(() => false, { what: 'pigs fly', deadlineMs: 10 })).rejects.toThrow(
      'Not so within 10 ms: pigs fly',
    )
    let looks = 0
    expect(await until(() => ++looks === 3 && 'third look')).toBe('third look')
  })
})
