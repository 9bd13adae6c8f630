import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MessageBuilder, type Batch } from '../../../plugin-sdk/index.ts'
import { AnswerDecoder } from '../../../plugin-sdk/protocols/openai-chat/answer-decoder.ts'
import { ChunkTemplate } from '../../../plugin-sdk/protocols/openai-chat/chunk-template.ts'
import { compatOf } from '../../../plugin-sdk/protocols/openai-chat/compat.ts'

const chunk = (delta: object, more: object = {}, choice: object = {}): string =>
  JSON.stringify({
    id: 'chatcmpl-1',
    model: 'm',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...choice }],
    usage: null,
    ...more,
  })

/** What a decoder tells about these payloads, as one text for each block, and the frames it kept. */
function decode(payloads: readonly string[]): {
  readonly blocks: readonly string[]
  readonly frames: readonly string[]
} {
  const decoder = new AnswerDecoder({
    provider: 'test',
    model: 'm',
    compat: compatOf({}),
    warnings: [],
    failure: (body) => new Error(body) as never,
    garbled: (text) => new Error(text) as never,
  })
  for (const payload of payloads) decoder.add(payload)
  decoder.add(chunk({}, {}, { finish_reason: 'stop' }))
  decoder.end()
  const batch: Batch = decoder.take() ?? []
  const message = new MessageBuilder()
  message.add(batch)
  return {
    blocks: message.content.map((part) =>
      part.type === 'text' ? `text:${part.text}` : part.type === 'thinking' ? `thinking:${part.thinking}` : part.type,
    ),
    frames: batch.wire?.frames ?? [],
  }
}

/** Text that could be taken for the frame around it, among ordinary text. */
const words = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
  fc.constantFrom(
    '"',
    '\\',
    '","x":"',
    '"content":"',
    '"}},"logprobs":null',
    '"}],"usage":null,"obfuscation":"a"}',
    'é😀',
    '\u2028\n\t',
    '\ud83d',
  ),
)
const padding = fc.option(fc.stringMatching(/^[A-Za-z0-9]{1,8}$/), { nil: undefined })
/** As hosts written in Python do it. */
const asciiOnly = (json: string): string =>
  json.replaceAll(/[\u0080-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)

describe('chunks that are read by their frame', () => {
  it('say what they say when they are parsed', () => {
    const step = fc.record({
      text: words,
      field: fc.constantFrom('content', 'content', 'reasoning'),
      pad: padding,
      ascii: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.boolean(), (steps, padded) => {
        const payloads = steps.map(({ text, field, pad, ascii }) => {
          const json = chunk({ [field]: text }, padded && pad !== undefined ? { obfuscation: pad } : {})
          return ascii ? asciiOnly(json) : json
        })
        const blocks: string[] = []
        for (const { text, field } of steps) {
          const kind = field === 'content' ? 'text:' : 'thinking:'
          const last = blocks.at(-1)
          if (last?.startsWith(kind) === true) blocks[blocks.length - 1] = last + text
          else blocks.push(kind + text)
        }
        expect(decode(payloads)).toEqual({ blocks, frames: payloads })
      }),
      { numRuns: 1000 },
    )
  })

  it('are told apart from chunks that differ in anything but the text', () => {
    const plain = chunk({ content: 'a' })
    expect(
      decode([
        plain,
        plain,
        chunk({ content: 'b', tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '{}' } }] }),
        plain,
        chunk({ content: 'other' }, {}, { index: 1 }),
        plain,
        chunk({ reasoning: 'hm' }),
        plain,
      ]).blocks,
    ).toEqual(['text:aab', 'toolCall', 'text:aa', 'thinking:hm', 'text:a'])
  })

  it('are not learnt from a chunk that has the field twice', () => {
    const template = new ChunkTemplate()
    const payload = '{"echo":{"content":"x"},"choices":[{"index":0,"delta":{"content": "x"}}]}'
    template.learn(payload, { content: 'x' })
    expect(template.read(payload)).toBeUndefined()
  })

  it('are read without parsing, with padding and without', () => {
    for (const more of [{}, { obfuscation: 'abc' }]) {
      const template = new ChunkTemplate()
      template.learn(chunk({ content: 'a' }, more), { content: 'a' })
      expect(template.field).toBe('content')
      expect(template.read(chunk({ content: 'b "quoted"' }, 'obfuscation' in more ? { obfuscation: 'z' } : {}))).toBe(
        'b "quoted"',
      )
      expect(template.read(chunk({ content: 'b' }, { ...more, usage: {} }))).toBeUndefined()
    }
  })
})
