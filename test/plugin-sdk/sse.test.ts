import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SseReader, type SseEvent } from '../../plugin-sdk/index.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function readAll(chunks: readonly Uint8Array[]): readonly SseEvent[] {
  const reader = new SseReader()
  return [...chunks.flatMap((chunk) => reader.feed(chunk)), ...reader.end()]
}

const read = (text: string): readonly SseEvent[] => readAll([bytes(text)])
const data = (...payloads: readonly string[]): SseEvent[] =>
  payloads.map((payload) => ({ event: undefined, data: payload }))

describe('server-sent events', () => {
  it('are told together for one chunk', () => {
    const reader = new SseReader()
    expect(reader.feed(bytes('data: a\n\ndata: b\n\nda'))).toEqual(data('a', 'b'))
    expect(reader.feed(bytes('ta: c\n\n'))).toEqual(data('c'))
    expect(reader.end()).toEqual([])
  })

  it('have names, and several lines of data', () => {
    expect(read('event: error\ndata: {"a":\ndata: 1}\n\n')).toEqual([{ event: 'error', data: '{"a":\n1}' }])
  })

  it('may end their lines in any way, and hold comments and other fields', () => {
    expect(read(': hello\r\n\r\nid: 7\r\nretry: 10\r\ndata:a\r\n\r\n: bye\n\ndata: b\n\n')).toEqual(data('a', 'b'))
  })

  it('are told at the end although the last line break is missing', () => {
    expect(read('data: a\n\ndata: b')).toEqual(data('a', 'b'))
    expect(read('data: a\n')).toEqual(data('a'))
  })

  it('are the same for any split of the bytes', () => {
    const text = '\uFEFFdata: {"a":"naïve 😀"}\r\n\r\nevent: x\ndata: 1\ndata: 2\n\n: ping\n\ndata: [DONE]\n\n'
    const whole = read(text)
    expect(whole).toHaveLength(3)
    const all = bytes(text)
    fc.assert(
      fc.property(fc.array(fc.nat({ max: all.length }), { maxLength: 30 }), (places) => {
        const at = [...new Set(places)].toSorted((a, b) => a - b)
        const chunks = [0, ...at].map((from, index) => all.subarray(from, at[index] ?? all.length))
        expect(readAll(chunks)).toEqual(whole)
      }),
      { numRuns: 500 },
    )
  })
})
