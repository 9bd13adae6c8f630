import { EventBuilder } from '../../../plugin-sdk/event-builder.ts'
import type { Batch, FinishEvent, ProviderEvent, WireFrames } from '../../../plugin-sdk/events.ts'
import { MessageBuilder } from '../../../plugin-sdk/message-builder.ts'
import type { AssistantMessage } from '../../../plugin-sdk/messages.ts'
import { openaiResponses } from '../../../plugin-sdk/protocols/openai-responses/index.ts'
import type { AnswerExtras, AnswerHead, DoorError } from '../../../plugin-sdk/protocols/protocol.ts'
import type { Json } from './support.ts'

export const { door } = openaiResponses

export const head: AnswerHead = { id: 'call-7', created: 1_700_000_000, model: 'auto' }

export const doorRequest = door.parseRequest({ model: 'auto', input: 'Hi', stream: true })

export const failure: DoorError = {
  status: 502,
  message: 'The provider hung up.',
  type: 'provider_error',
  code: 'network',
  param: null,
  provider: 'openai',
  requestId: 'req_1',
}

/** What a provider of another protocol tells, in batches. `wire` marks them as that protocol's. */
export function foreign(
  write: (events: EventBuilder) => void,
  finish: Partial<FinishEvent> = {},
  protocol = 'anthropic-messages',
): Batch[] {
  const builder = new EventBuilder()
  builder.start({ responseId: 'msg_upstream' })
  write(builder)
  builder.finish({
    reason: 'stop',
    usage: { input: 6, output: 7, cacheRead: 4, cacheWrite: 1, reasoning: 2, totalTokens: 18 },
    ...finish,
  })
  return builder.take().map((event) => batchOf([event], { protocol, frames: [] }))
}

const batchOf = (events: ProviderEvent[], wire?: WireFrames): Batch =>
  wire === undefined ? events : Object.assign(events, { wire })

/** Somebody has changed the batches on their way: they have lost the provider's own form. */
export const changed = (batches: readonly Batch[]): Batch[] => batches.map((batch) => [...batch])

/** As the gateway does: every batch is written, and what closes the answer comes last. */
export function tell(batches: readonly Batch[], extras: AnswerExtras = {}): string {
  const stream = door.openStream(head, doorRequest)
  let text = ''
  for (const batch of batches) {
    text += stream.write(batch)
    const last = batch.at(-1)
    if (last?.type === 'finish') text += stream.finish(last, batch.wire, extras)
  }
  return text
}

export function messageOf(batches: readonly Batch[], fields: Partial<AssistantMessage> = {}): AssistantMessage {
  const built = new MessageBuilder()
  for (const batch of batches) built.add(batch)
  return {
    role: 'assistant',
    content: built.content,
    api: 'anthropic-messages',
    ...(built.finish === undefined ? {} : { stopReason: built.finish.reason }),
    ...(built.finish?.usage === undefined ? {} : { usage: built.finish.usage }),
    ...fields,
  }
}

export interface Sent {
  readonly name: string | undefined
  readonly event: Json
}

/** Events of a stream as a client sees them. */
export const sentIn = (text: string): Sent[] =>
  text
    .split('\n\n')
    .filter(Boolean)
    .map((block) => ({
      name: /^event: (.*)$/m.exec(block)?.[1],
      event: JSON.parse([...block.matchAll(/^data: ?(.*)$/gm)].map((line) => line[1]).join('\n')) as Json,
    }))

/** Thought, text, and a call told in pieces. */
export const everything = (builder: EventBuilder): void => {
  builder.thinking('Let me ')
  builder.thinking('see.')
  const thought = builder.last('thinking')
  if (thought !== undefined) builder.closeThinking(thought, { thinkingSignature: 'sig==' })
  builder.closeThinking(builder.openThinking(), { thinkingSignature: 'hidden', redacted: true })
  builder.text('Hel')
  builder.text('lo 👋')
  const text = builder.last('text')
  if (text !== undefined) builder.closeText(text)
  const call = builder.openTool('toolu_1', 'weather')
  builder.delta(call, '{"city":')
  builder.delta(call, '"Rome"}')
  builder.closeTool(call)
  builder.closeTool(builder.openTool('toolu_2', 'now'))
}
