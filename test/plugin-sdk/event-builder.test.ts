import { describe, expect, it } from 'vitest'
import { EventBuilder, parseArguments } from '../../plugin-sdk/index.ts'

describe('an event sequence', () => {
  it('numbers its blocks, and ends each with all it has received', () => {
    const events = new EventBuilder()
    events.start({ responseId: 'r' })
    events.thinking('h')
    events.thinking('m')
    events.text('a')
    const tool = events.openTool('c', 'f')
    events.delta(tool, '{"n"')
    events.delta(tool, ':1}')
    events.finish({ reason: 'toolUse', rawReason: 'tool_calls' })
    expect(events.take()).toEqual([
      { type: 'start', responseId: 'r' },
      { type: 'thinking_start', contentIndex: 0 },
      { type: 'thinking_delta', contentIndex: 0, delta: 'h' },
      { type: 'thinking_delta', contentIndex: 0, delta: 'm' },
      { type: 'thinking_end', contentIndex: 0, content: 'hm' },
      { type: 'text_start', contentIndex: 1 },
      { type: 'text_delta', contentIndex: 1, delta: 'a' },
      { type: 'toolcall_start', contentIndex: 2, id: 'c', name: 'f' },
      { type: 'toolcall_delta', contentIndex: 2, delta: '{"n"' },
      { type: 'toolcall_delta', contentIndex: 2, delta: ':1}' },
      { type: 'text_end', contentIndex: 1, content: 'a' },
      {
        type: 'toolcall_end',
        contentIndex: 2,
        toolCall: { type: 'toolCall', id: 'c', name: 'f', arguments: { n: 1 } },
      },
      { type: 'finish', reason: 'toolUse', rawReason: 'tool_calls' },
    ])
  })

  it('gathers events until they are taken', () => {
    const events = new EventBuilder()
    events.text('a')
    expect(events.take()).toHaveLength(2)
    expect(events.take()).toEqual([])
    events.text('b')
    expect(events.take()).toEqual([{ type: 'text_delta', contentIndex: 0, delta: 'b' }])
  })

  it('drops empty deltas, and opens no block for them', () => {
    const events = new EventBuilder()
    events.text('')
    events.thinking('')
    expect(events.take()).toEqual([])
  })

  it('closes a block once, with its signature', () => {
    const events = new EventBuilder()
    const thinking = events.openThinking()
    events.closeThinking(thinking, { thinkingSignature: 's', redacted: true })
    events.closeThinking(thinking)
    const text = events.openText()
    events.closeText(text, 't')
    events.closeAll()
    expect(events.take().filter(({ type }) => type.endsWith('_end'))).toEqual([
      { type: 'thinking_end', contentIndex: 0, content: '', thinkingSignature: 's', redacted: true },
      { type: 'text_end', contentIndex: 1, content: '', textSignature: 't' },
    ])
  })

  it('lets blocks interleave', () => {
    const events = new EventBuilder()
    const first = events.openTool('a', 'f')
    const second = events.openTool('b', 'g')
    events.delta(second, '{}')
    events.delta(first, '{"n":1}')
    events.closeAll()
    const calls = events.take().flatMap((event) => (event.type === 'toolcall_end' ? [event.toolCall.arguments] : []))
    expect(calls).toEqual([{ n: 1 }, {}])
  })

  it('knows the open block of a kind that began last', () => {
    const events = new EventBuilder()
    const first = events.openTool('a', 'f')
    const second = events.openTool('b', 'f')
    expect(events.last('toolcall')).toBe(second)
    events.closeTool(second)
    expect(events.last('toolcall')).toBe(first)
    expect(events.last('text')).toBeUndefined()
  })
})

describe('the arguments of a tool call', () => {
  it.each([
    ['{"n":1}', { arguments: { n: 1 } }],
    ['', { arguments: {} }],
    [' \n', { arguments: {} }],
  ])('%j are read', (text, wanted) => {
    expect(parseArguments(text)).toEqual(wanted)
  })

  it.each(['[1]', '"x"', 'null', '1', '{"n":', '{"n":1} trailing'])('%j are not an object, which is said', (text) => {
    const { arguments: args, argumentsError } = parseArguments(text)
    expect(args).toEqual({})
    expect(argumentsError).toContain(text)
  })

  it('are quoted in part when they are long', () => {
    expect(parseArguments('x'.repeat(10_000)).argumentsError?.length).toBeLessThan(500)
  })
})
