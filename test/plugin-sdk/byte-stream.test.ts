import { describe, expect, it } from 'vitest'
import { ByteStream } from '../../plugin-sdk/index.ts'

/** A connection that only writes down what it is told. */
function connection() {
  const told: string[] = []
  const stream = new ByteStream({
    pause: () => told.push('pause'),
    resume: () => told.push('resume'),
    abort: (reason) => told.push(`abort: ${reason.message}`),
  })
  return { stream, told }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = ({ value }: IteratorResult<Uint8Array>): string => new TextDecoder().decode(value)

describe('a response body', () => {
  it('is read in order, whether it comes before the reader or after', async () => {
    const { stream } = connection()
    stream.push(bytes('a'))
    expect(textOf(await stream.next())).toBe('a')
    const waiting = stream.next()
    stream.push(bytes('b'))
    expect(textOf(await waiting)).toBe('b')
    stream.push(bytes('c'))
    stream.end()
    expect(textOf(await stream.next())).toBe('c')
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  it('is read in one piece as far as it is here, also by a reader that waits while a packet is taken apart', async () => {
    const { stream } = connection()
    for (const piece of ['a', 'b', 'c']) stream.push(bytes(piece))
    expect(textOf(await stream.next())).toBe('abc')
    const waiting = stream.next()
    for (const piece of ['d', 'e']) stream.push(bytes(piece))
    expect(textOf(await waiting)).toBe('de')
    const last = stream.next()
    stream.push(bytes('f'))
    stream.end()
    expect(textOf(await last)).toBe('f')
    expect((await stream.next()).done).toBe(true)
  })

  it.each([
    ['256 KB', 3, 100_000],
    ['many small chunks, which take memory by being many', 1_305, 1],
  ])('makes the sender wait when nobody reads %s, and go on when somebody does', async (_name, count, size) => {
    const { stream, told } = connection()
    for (let pushed = 1; pushed < count; pushed++) stream.push(new Uint8Array(size))
    expect(told).toEqual([])
    stream.push(new Uint8Array(size))
    expect(told).toEqual(['pause'])
    expect((await stream.next()).value).toHaveLength(count * size)
    expect(told).toEqual(['pause', 'resume'])
  })

  it('tells a failure once, after what had come before it', async () => {
    const { stream } = connection()
    stream.push(bytes('a'))
    stream.fail(new Error('cut'))
    expect(textOf(await stream.next())).toBe('a')
    await expect(stream.next()).rejects.toThrow('cut')
    expect((await stream.next()).done).toBe(true)
  })

  it('fails a read that is waiting', async () => {
    const { stream } = connection()
    const waiting = stream.next()
    stream.fail(new Error('cut'))
    await expect(waiting).rejects.toThrow('cut')
  })

  it('that is left early closes its connection and ends a read that is waiting', async () => {
    const { stream, told } = connection()
    const waiting = stream.next()
    await stream.return()
    expect((await waiting).done).toBe(true)
    expect(told).toEqual(['abort: the reader left'])
    await stream.return()
    expect(told).toHaveLength(1)
    stream.push(bytes('late'))
    expect((await stream.next()).done).toBe(true)
  })

  it('that has come whole keeps its connection when it is left', async () => {
    const { stream, told } = connection()
    stream.push(bytes('a'))
    stream.end()
    await stream.return()
    expect(told).toEqual([])
    expect((await stream.next()).done).toBe(true)
  })
})

describe('a body as text', () => {
  it('puts letters together that were cut between chunks', async () => {
    const { stream } = connection()
    const all = bytes('naïve 😀')
    for (const byte of all) stream.push(Uint8Array.of(byte))
    stream.end()
    expect(await stream.text()).toBe('naïve 😀')
  })

  it('is empty when nothing came', async () => {
    const { stream } = connection()
    stream.end()
    expect(await stream.text()).toBe('')
  })

  it('lets a sender go on that had to wait', async () => {
    const { stream, told } = connection()
    stream.push(bytes('x'.repeat(300_000)))
    const text = stream.text()
    // Only then does the sender send the rest.
    await expect.poll(() => told).toEqual(['pause', 'resume'])
    stream.push(bytes('y'))
    stream.end()
    expect(await text).toBe(`${'x'.repeat(300_000)}y`)
  })

  it('stops at the limit and closes the connection', async () => {
    const { stream, told } = connection()
    stream.push(bytes('0123456789'))
    await expect(stream.text(5)).rejects.toThrow(RangeError)
    expect(told).toEqual(['abort: the reader left'])
  })

  it('fails when the body breaks off', async () => {
    const { stream } = connection()
    stream.push(bytes('a'))
    const text = stream.text()
    stream.fail(new Error('cut'))
    await expect(text).rejects.toThrow('cut')
  })
})
