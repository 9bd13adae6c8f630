import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI, type GenerateContentResponse, type Part } from '@google/genai'
import OpenAI from 'openai'
import type { ProtocolName } from './protocol-upstream.ts'

/** What an answer said, whoever told it. */
interface Seen {
  readonly text: string
  readonly thinking: string
  readonly calls: readonly { readonly name: string; readonly arguments: unknown }[]
  /** All tokens, cached ones and thoughts among them. */
  readonly usage: { readonly input: number; readonly output: number }
  /** The protocol's own word for why it ended. */
  readonly stop: string
}

interface Question {
  readonly model: string
  readonly text: string
  /** A PNG, base64. */
  readonly image?: string
  readonly tool?: string
}

/** An official SDK before one of the gateway's doors. */
interface DoorClient {
  /** Answers in one piece, or streams and puts together what came. */
  ask(question: Question, stream: boolean): Promise<Seen>
}

interface At {
  readonly url: string
  readonly key: string
}

export const doorClients: Readonly<Record<ProtocolName, (at: At) => DoorClient>> = {
  'openai-chat': chatClient,
  'openai-responses': responsesClient,
  'anthropic-messages': messagesClient,
  'google-generative-ai': googleClient,
}

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

function chatClient({ url, key }: At): DoorClient {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 })
  return {
    async ask({ model, text, image, tool }, stream) {
      const content = [
        { type: 'text' as const, text },
        ...(image === undefined
          ? []
          : [{ type: 'image_url' as const, image_url: { url: `data:image/png;base64,${image}` } }]),
      ]
      const tools =
        tool === undefined
          ? {}
          : { tools: [{ type: 'function' as const, function: { name: tool, parameters: schema } }] }
      const asked = { model, messages: [{ role: 'user' as const, content }], ...tools }
      let said = ''
      let thinking = ''
      let stop: string | null = null
      let usage: OpenAI.CompletionUsage | null | undefined
      const calls: { name: string; text: string }[] = []
      if (stream) {
        const chunks = await client.chat.completions.create({
          ...asked,
          stream: true,
          stream_options: { include_usage: true },
        })
        for await (const { choices, usage: counted } of chunks) {
          usage = counted ?? usage
          const [choice] = choices
          if (choice === undefined) continue
          stop = choice.finish_reason ?? stop
          said += choice.delta.content ?? ''
          thinking += (choice.delta as { reasoning_content?: string }).reasoning_content ?? ''
          for (const { index, function: called } of choice.delta.tool_calls ?? []) {
            const call = (calls[index] ??= { name: '', text: '' })
            call.name += called?.name ?? ''
            call.text += called?.arguments ?? ''
          }
        }
      } else {
        const answer = await client.chat.completions.create(asked)
        const [choice] = answer.choices
        usage = answer.usage
        stop = choice?.finish_reason ?? null
        said = choice?.message.content ?? ''
        thinking = (choice?.message as { reasoning_content?: string } | undefined)?.reasoning_content ?? ''
        for (const call of choice?.message.tool_calls ?? [])
          if (call.type === 'function') calls.push({ name: call.function.name, text: call.function.arguments })
      }
      return {
        text: said,
        thinking,
        calls: calls.map((call) => ({ name: call.name, arguments: JSON.parse(call.text) as unknown })),
        usage: { input: usage?.prompt_tokens ?? NaN, output: usage?.completion_tokens ?? NaN },
        stop: String(stop),
      }
    },
  }
}

function responsesClient({ url, key }: At): DoorClient {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 })
  return {
    async ask({ model, text, image, tool }, stream) {
      const content: OpenAI.Responses.ResponseInputContent[] = [
        { type: 'input_text', text },
        ...(image === undefined
          ? []
          : [{ type: 'input_image' as const, image_url: `data:image/png;base64,${image}`, detail: 'auto' as const }]),
      ]
      const tools: OpenAI.Responses.FunctionTool[] =
        tool === undefined ? [] : [{ type: 'function', name: tool, parameters: schema, strict: false }]
      const asked = { model, input: [{ role: 'user' as const, content }], tools }
      const { output, output_text, usage, status, incomplete_details } = await (stream
        ? client.responses.stream(asked).finalResponse()
        : client.responses.create(asked))
      return {
        text: output_text,
        thinking: output
          .flatMap((item) => (item.type === 'reasoning' ? item.summary.map((part) => part.text) : []))
          .join(''),
        calls: output.flatMap((item) =>
          item.type === 'function_call' ? [{ name: item.name, arguments: JSON.parse(item.arguments) as unknown }] : [],
        ),
        usage: { input: usage?.input_tokens ?? NaN, output: usage?.output_tokens ?? NaN },
        stop: incomplete_details?.reason ?? String(status),
      }
    },
  }
}

function messagesClient({ url, key }: At): DoorClient {
  const client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 })
  return {
    async ask({ model, text, image, tool }, stream) {
      const content: Anthropic.ContentBlockParam[] = [
        { type: 'text', text },
        ...(image === undefined
          ? []
          : [
              {
                type: 'image' as const,
                source: { type: 'base64' as const, media_type: 'image/png' as const, data: image },
              },
            ]),
      ]
      const asked: Anthropic.MessageCreateParamsNonStreaming = {
        model,
        max_tokens: 1_000,
        messages: [{ role: 'user', content }],
        ...(tool === undefined
          ? {}
          : { tools: [{ name: tool, input_schema: { ...schema, type: 'object' as const } }] }),
      }
      const message = await (stream ? client.messages.stream(asked).finalMessage() : client.messages.create(asked))
      const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens, output_tokens } = message.usage
      return {
        text: message.content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
        thinking: message.content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
        calls: message.content.flatMap((block) =>
          block.type === 'tool_use' ? [{ name: block.name, arguments: block.input }] : [],
        ),
        usage: {
          input: input_tokens + (cache_read_input_tokens ?? 0) + (cache_creation_input_tokens ?? 0),
          output: output_tokens,
        },
        stop: String(message.stop_reason),
      }
    },
  }
}

function googleClient({ url, key }: At): DoorClient {
  const { models } = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } })
  return {
    async ask({ model, text, image, tool }, stream) {
      const asked = {
        model,
        contents: [
          {
            role: 'user',
            parts: [{ text }, ...(image === undefined ? [] : [{ inlineData: { mimeType: 'image/png', data: image } }])],
          },
        ],
        ...(tool === undefined
          ? {}
          : { config: { tools: [{ functionDeclarations: [{ name: tool, parametersJsonSchema: schema }] }] } }),
      }
      const chunks: GenerateContentResponse[] = []
      if (stream) for await (const chunk of await models.generateContentStream(asked)) chunks.push(chunk)
      else chunks.push(await models.generateContent(asked))
      const parts: Part[] = chunks.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? [])
      const usage = chunks.findLast(({ usageMetadata }) => usageMetadata !== undefined)?.usageMetadata
      return {
        text: parts.map((part) => (part.thought === true ? '' : (part.text ?? ''))).join(''),
        thinking: parts.map((part) => (part.thought === true ? (part.text ?? '') : '')).join(''),
        calls: parts.flatMap(({ functionCall }) =>
          functionCall === undefined ? [] : [{ name: functionCall.name ?? '', arguments: functionCall.args }],
        ),
        usage: {
          input: usage?.promptTokenCount ?? NaN,
          output: (usage?.candidatesTokenCount ?? NaN) + (usage?.thoughtsTokenCount ?? 0),
        },
        stop: String(chunks.map(({ candidates }) => candidates?.[0]?.finishReason).findLast(Boolean)),
      }
    },
  }
}
