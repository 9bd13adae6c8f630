import { setTimeout as sleep } from 'node:timers/promises'
import {
  EventBuilder,
  ProviderError,
  type Batch,
  type Message,
  type ProviderRequest,
  type ToolResultMessage,
} from '@plugboard/sdk'
import { readDirectives, type Directives } from './directives.ts'
import { sampleOf } from './sample.ts'
import { usageOf } from './usage.ts'

/** Plays one answer: thought, text and tool calls as the last user message tells, at the pace of a slow typist. */
export async function* answer(
  request: ProviderRequest,
  signal: AbortSignal,
  wordDelayMs: number,
): AsyncGenerator<Batch> {
  const { messages, tools = [] } = request.context
  const last = messages.at(-1)
  const result = last?.role === 'toolResult' ? last : undefined
  const told = readDirectives(result === undefined ? textOf(last) : '')
  const delayMs = request.stream ? (told.delayMs ?? wordDelayMs) : 0
  const events = new EventBuilder()

  if (told.waitMs !== undefined) await sleep(told.waitMs, undefined, { signal })
  failAfter(told, 0)
  events.start({ responseModel: request.model.id })

  const thought =
    told.think ??
    (request.model.reasoning && request.options.reasoning !== 'off'
      ? 'Somebody wants an answer. I shall give one.'
      : undefined)
  if (thought !== undefined) {
    for (const word of wordsOf(thought)) {
      events.thinking(word)
      yield events.take()
      if (delayMs > 0) await sleep(delayMs, undefined, { signal })
    }
  }

  const calls = toolCalls(told, request, result)
  if (calls.length === 0) {
    let said = 0
    const words = wordsOf(told.say ?? textFor(told, result))
    const limit = request.options.maxTokens ?? Number.POSITIVE_INFINITY
    for (const word of words.slice(0, limit)) {
      if (said > 0 && delayMs > 0) await sleep(delayMs, undefined, { signal })
      events.text(word)
      yield events.take()
      failAfter(told, ++said)
      if (told.cutAfter === said) return
    }
    if (words.length > limit) return yield* finish(events, request, told, 'length')
    return yield* finish(events, request, told, 'stop')
  }
  for (const [index, { name, args }] of calls.entries()) {
    const tool = tools.find((each) => each.name === name)
    const block = events.openTool(`call_${index}_${messages.length}`, name)
    const json = args ?? JSON.stringify(sampleOf(tool?.parameters ?? {}))
    for (let at = 0; at < json.length; at += 8) {
      events.delta(block, json.slice(at, at + 8))
      yield events.take()
    }
    events.closeTool(block)
  }
  yield* finish(events, request, told, 'toolUse')
}

function* finish(
  events: EventBuilder,
  request: ProviderRequest,
  told: Directives,
  reason: 'stop' | 'length' | 'toolUse',
): Generator<Batch> {
  events.closeAll()
  const batch = events.take()
  const usage = told.hideUsage ? {} : { usage: usageOf(request, batch) }
  events.finish({ reason, rawReason: reason, ...usage })
  yield [...batch, ...events.take()]
}

function failAfter({ error }: Directives, said: number): void {
  if (error === undefined || error.afterWords !== said) return
  const hint = error.errorClass === 'rate_limit' ? { status: 429, retryAfterMs: 1_000 } : {}
  throw new ProviderError(error.errorClass, `The sandbox was told to fail with "${error.errorClass}".`, hint)
}

/** A tool is called when the message says so, or when the caller insists. */
function toolCalls(
  told: Directives,
  { context, options }: ProviderRequest,
  result: ToolResultMessage | undefined,
): Directives['tools'] {
  if (told.tools.length > 0) return told.tools
  const { toolChoice } = options
  if (result !== undefined || toolChoice === undefined || toolChoice === 'auto' || toolChoice === 'none') return []
  const name = toolChoice === 'required' ? context.tools?.[0]?.name : toolChoice.tool
  return name === undefined ? [] : [{ name, args: undefined }]
}

function textFor({ words, text }: Directives, result: ToolResultMessage | undefined): string {
  if (words !== undefined) return Array.from({ length: words }, (_, index) => `word${index + 1}`).join(' ')
  if (result !== undefined) return `The tool ${result.toolName ?? ''} answered: ${textOf(result)}`
  return text === '' ? 'Hello from the sandbox.' : `You said: ${text}`
}

function textOf(message: Message | undefined): string {
  if (message === undefined) return ''
  if (typeof message.content === 'string') return message.content
  return message.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

/** Each word with the blank before it, so that the words joined are the text. */
const wordsOf = (text: string): string[] => text.match(/\s*\S+|\s+$/g) ?? []
