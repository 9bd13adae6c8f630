import { createServer } from 'node:http'
import { GoogleGenAI, type GenerateContentResponse, type Models } from '@google/genai'
import { describe, expect, test } from 'vitest'
import type { Batch, ProviderEvent } from '../../../plugin-sdk/events.ts'
import { MessageBuilder } from '../../../plugin-sdk/message-builder.ts'
import { googleGenerativeAi } from '../../../plugin-sdk/protocols/google-generative-ai/index.ts'
import type { DoorError, DoorRequest } from '../../../plugin-sdk/protocols/protocol.ts'
import { listen, type Json } from './support.ts'

const usage = { input: 5, output: 3, cacheRead: 0, cacheWrite: 0, totalTokens: 8 }
const answer: ProviderEvent[] = [
  { type: 'start' },
  { type: 'text_start', contentIndex: 0 },
  { type: 'text_delta', contentIndex: 0, delta: 'Hello' },
  { type: 'text_end', contentIndex: 0, content: 'Hello' },
  { type: 'toolcall_start', contentIndex: 1, id: 'c1', name: 'weather' },
  {
    type: 'toolcall_end',
    contentIndex: 1,
    toolCall: { type: 'toolCall', id: 'c1', name: 'weather', arguments: { city: 'Bern' } },
  },
  { type: 'finish', reason: 'toolUse', usage },
]
const failed: DoorError = {
  status: 429,
  message: 'Too many requests.',
  type: 'rate_limit_error',
  code: 'rate_limit_exceeded',
  param: null,
  provider: null,
  requestId: 'r1',
}

/** A gateway of one model: our door, and an answer that is always the same. */
async function startDoor(end: 'finish' | 'fail') {
  const { door } = googleGenerativeAi
  const requests: DoorRequest[] = []
  const server = createServer((incoming, response) => {
    void (async () => {
      let text = ''
      for await (const part of incoming.setEncoding('utf8')) text += String(part)
      const [, model, method] = /\/models\/([^:]+):(\w+)/.exec(incoming.url ?? '') ?? []
      const stream = method === 'streamGenerateContent'
      const asked = door.parseRequest({ ...(JSON.parse(text) as Json), model, stream })
      requests.push(asked)
      const head = { id: 'a1', created: 1, model: asked.model }
      response.writeHead(end === 'fail' && !stream ? failed.status : 200, {
        'content-type': stream ? 'text/event-stream' : 'application/json',
      })
      if (!stream) {
        const message = new MessageBuilder()
        message.add(answer)
        const done = { role: 'assistant', content: message.content, stopReason: 'toolUse', usage } as const
        response.end(
          end === 'fail' ? door.writeError(failed) : door.writeAnswer({ ...head, message: done }, { cost: {} }),
        )
        return
      }
      const writer = door.openStream(head, asked)
      for (const event of answer.slice(0, -1)) response.write(writer.write([event] as Batch))
      response.end(
        end === 'fail'
          ? writer.fail(failed)
          : writer.finish({ type: 'finish', reason: 'toolUse', usage }, undefined, { cost: {} }),
      )
    })()
  })
  const port = await listen(server)
  return {
    requests,
    baseUrl: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe("Google's own client", () => {
  const client = (baseUrl: string): Models => new GoogleGenAI({ apiKey: 'key', httpOptions: { baseUrl } }).models
  const request = {
    model: 'gemini-test',
    contents: 'What is the weather?',
    config: {
      systemInstruction: 'Be brief.',
      temperature: 0.5,
      tools: [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: { type: 'object' } }] }],
    },
  }

  test('reads a streamed answer', async () => {
    await using door = await startDoor('finish')
    const chunks: GenerateContentResponse[] = []
    for await (const chunk of await client(door.baseUrl).generateContentStream(request)) chunks.push(chunk)
    expect(chunks.map((chunk) => chunk.text ?? '').join('')).toBe('Hello')
    expect(chunks.flatMap((chunk) => chunk.functionCalls ?? [])).toEqual([
      { id: 'c1', name: 'weather', args: { city: 'Bern' } },
    ])
    expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe('STOP')
    expect(chunks.at(-1)?.usageMetadata?.totalTokenCount).toBe(8)
    expect(door.requests[0]).toMatchObject({
      model: 'gemini-test',
      stream: true,
      context: { systemPrompt: 'Be brief.', messages: [{ role: 'user', content: 'What is the weather?' }] },
      options: { temperature: 0.5 },
    })
  })

  test('reads an answer in one piece', async () => {
    await using door = await startDoor('finish')
    const answered = await client(door.baseUrl).generateContent(request)
    expect(answered.text).toBe('Hello')
    expect(answered.functionCalls?.[0]?.name).toBe('weather')
  })

  test('takes a failure for one, before and inside a stream', async () => {
    await using door = await startDoor('fail')
    await expect(client(door.baseUrl).generateContent(request)).rejects.toMatchObject({ status: 429 })
    const stream = await client(door.baseUrl).generateContentStream(request)
    const read = async (): Promise<void> => {
      for await (const _ of stream);
    }
    await expect(read()).rejects.toThrow(/Too many requests/)
  })
})
