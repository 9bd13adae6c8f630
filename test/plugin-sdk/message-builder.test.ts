import { describe, expect, it } from 'vitest'
import { MessageBuilder, type ProviderEvent } from '../../plugin-sdk/index.ts'

const build = (...events: readonly ProviderEvent[]): MessageBuilder => {
  const message = new MessageBuilder()
  for (const event of events) message.add([event])
  return message
}

describe('a message told by events', () => {
  it('holds its blocks in order, with what ends them', () => {
    const toolCall = { type: 'toolCall', id: 'c', name: 'f', arguments: { n: 1 }, thoughtSignature: 's' } as const
    const message = build(
      { type: 'start', responseId: 'r' },
      { type: 'thinking_start', contentIndex: 0 },
      { type: 'thinking_delta', contentIndex: 0, delta: 'hm' },
      { type: 'thinking_end', contentIndex: 0, content: 'hm', thinkingSignature: 's', redacted: true },
      { type: 'text_start', contentIndex: 1 },
      { type: 'text_delta', contentIndex: 1, delta: 'a' },
      { type: 'toolcall_start', contentIndex: 2, id: 'c', name: 'f' },
      { type: 'text_delta', contentIndex: 1, delta: 'b' },
      { type: 'toolcall_delta', contentIndex: 2, delta: '{"n":1}' },
      { type: 'text_end', contentIndex: 1, content: 'ab', textSignature: 't' },
      { type: 'toolcall_end', contentIndex: 2, toolCall },
      { type: 'finish', reason: 'toolUse' },
    )
    expect(message.content).toEqual([
      { type: 'thinking', thinking: 'hm', thinkingSignature: 's', redacted: true },
      { type: 'text', text: 'ab', textSignature: 't' },
      toolCall,
    ])
    expect(message.start).toEqual({ type: 'start', responseId: 'r' })
    expect(message.finish).toEqual({ type: 'finish', reason: 'toolUse' })
    expect(message.deliveredText).toBe('hmabf{"n":1}')
  })

  it('holds blocks that only one protocol knows, and names those protocols', () => {
    const content = { type: 'opaque', protocol: 'acme', value: { type: 'search' } } as const
    const message = build(
      { type: 'opaque', contentIndex: 0, content },
      { type: 'text_start', contentIndex: 1 },
      { type: 'text_delta', contentIndex: 1, delta: 'a' },
      { type: 'opaque', contentIndex: 2, content },
    )
    expect(message.content).toEqual([content, { type: 'text', text: 'a' }, content])
    expect(message.opaqueProtocols).toEqual(['acme'])
    expect(message.deliveredText).toBe('a')
  })

  it('can be read after a cut: open blocks hold what had come', () => {
    const message = build(
      { type: 'text_start', contentIndex: 0 },
      { type: 'text_delta', contentIndex: 0, delta: 'half a sen' },
      { type: 'toolcall_start', contentIndex: 1, id: 'c', name: 'f' },
      { type: 'toolcall_delta', contentIndex: 1, delta: '{"n":' },
    )
    expect(message.content).toMatchObject([
      { type: 'text', text: 'half a sen' },
      { type: 'toolCall', id: 'c', arguments: {}, argumentsError: expect.stringContaining('not JSON') },
    ])
    expect(message.finish).toBeUndefined()
  })

  it('passes over numbers that were skipped and deltas without a block', () => {
    const message = build(
      { type: 'text_delta', contentIndex: 5, delta: 'lost' },
      { type: 'text_start', contentIndex: 3 },
      { type: 'text_delta', contentIndex: 3, delta: 'kept' },
    )
    expect(message.content).toEqual([{ type: 'text', text: 'kept' }])
  })

  it('takes a block that is told only when it is whole', () => {
    expect(build({ type: 'text_end', contentIndex: 0, content: 'all' }).content).toEqual([
      { type: 'text', text: 'all' },
    ])
  })
})
