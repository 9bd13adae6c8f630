import { describe, expect, test } from 'vitest'
import { isProviderError } from '../../../plugin-sdk/errors.ts'
import type { Batch } from '../../../plugin-sdk/events.ts'
import { readStream, readWhole } from '../../../plugin-sdk/protocols/anthropic-messages/read-answer.ts'
import { Arriving } from '../../support/arriving.ts'
import { present, recordings, type Recording } from './recordings.ts'
import { decode, door, foreign, gather, head, payloads, reading, stream, type Collected, type Json } from './support.ts'

/** Not answers of one provider: a proxy cut the first and went on with a second one behind it. */
const SPLICED = 'vercel-ai/anthropic/spliced-message-start.chunks.txt#0'

const good = recordings.filter(({ status, file }) => status === 200 && file !== SPLICED)

interface Block extends Json {
  readonly type: string
}

/** The message of a recording, put together in the plainest way. */
function recorded({ payloads: events }: Recording): {
  readonly blocks: Block[]
  readonly stop: unknown
  readonly usage: Json
} {
  const [first] = events
  if (first?.['type'] === 'message')
    return { blocks: first['content'] as Block[], stop: first['stop_reason'], usage: first['usage'] as Json }
  const start = first?.['message'] as Json
  const blocks = [...(start['content'] as Block[])]
  const inputs: string[] = []
  let stop = start['stop_reason']
  const usage: Record<string, unknown> = { ...(start['usage'] as Json) }
  for (const event of events) {
    const index = event['index'] as number
    const delta = event['delta'] as Record<string, string>
    const old = blocks[index] as unknown as Record<string, string>
    if (event['type'] === 'content_block_start') blocks.push(event['content_block'] as Block)
    if (event['type'] === 'message_delta') {
      stop = delta['stop_reason']
      Object.assign(usage, event['usage'])
    }
    if (event['type'] !== 'content_block_delta') continue
    if (delta['type'] === 'compaction_delta')
      blocks[index] = { ...(old as unknown as Block), content: delta['content'] }
    if (delta['type'] === 'citations_delta') {
      const { citations } = blocks[index] as Block & { citations?: unknown[] | null }
      blocks[index] = { ...(old as unknown as Block), citations: [...(citations ?? []), delta['citation']] }
    }
    if (delta['type'] === 'text_delta') blocks[index] = { ...old, type: 'text', text: `${old['text']}${delta['text']}` }
    if (delta['type'] === 'thinking_delta')
      blocks[index] = { ...old, type: 'thinking', thinking: `${old['thinking']}${delta['thinking']}` }
    if (delta['type'] === 'signature_delta') blocks[index] = { ...old, type: 'thinking', signature: delta['signature'] }
    if (delta['type'] === 'input_json_delta') {
      inputs[index] = (inputs[index] ?? '') + delta['partial_json']
      if (inputs[index] !== '') blocks[index] = { ...old, type: old['type'] ?? '', input: inputs[index] }
    }
  }
  return { blocks, stop, usage }
}

const SHARED = new Set(['text', 'thinking', 'redacted_thinking', 'tool_use'])

interface Told {
  readonly stop: unknown
  readonly usage: Json
  readonly blocks: readonly Json[]
}

function expectedOf(recording: Recording): Told {
  const { blocks, stop, usage } = recorded(recording)
  const count = (name: string, of: Json = usage): number => (of[name] as number | null | undefined) ?? 0
  const compactions = ((usage['iterations'] ?? []) as Json[]).filter(({ type }) => type === 'compaction')
  const sum = (name: string): number =>
    compactions.reduce((total, iteration) => total + count(name, iteration), count(name))
  return {
    stop,
    usage: {
      input: sum('input_tokens'),
      output: sum('output_tokens'),
      cacheRead: sum('cache_read_input_tokens'),
      cacheWrite: sum('cache_creation_input_tokens'),
    },
    blocks: blocks.map((block) => {
      const input = block['input']
      if (block.type === 'text') {
        const citations = (block['citations'] ?? []) as unknown[]
        return { text: block['text'], ...(citations.length === 0 ? {} : { citations }) }
      }
      if (block.type === 'redacted_thinking') return { thinking: '', signature: block['data'], redacted: true }
      if (block.type === 'thinking') return { thinking: block['thinking'], signature: block['signature'] }
      const parsed: unknown = typeof input === 'string' ? JSON.parse(input) : input
      if (!SHARED.has(block.type)) return 'input' in block ? { ...block, input: parsed } : block
      return { id: block['id'], name: block['name'], input: parsed }
    }),
  }
}

function told({ content, finish }: Pick<Collected, 'content' | 'finish'>): Told {
  const { input = NaN, output = NaN, cacheRead = NaN, cacheWrite = NaN } = finish?.usage ?? {}
  return {
    stop: finish?.rawReason,
    usage: { input, output, cacheRead, cacheWrite },
    blocks: content.map((part) => {
      if (part.type === 'text') return { text: part.text, ...(part.providerMetadata?.['anthropic-messages'] as Json) }
      if (part.type === 'thinking')
        return {
          thinking: part.thinking,
          signature: part.thinkingSignature,
          ...(part.redacted === true ? { redacted: true } : {}),
        }
      if (part.type === 'toolCall') return { id: part.id, name: part.name, input: part.arguments }
      return part.value
    }),
  }
}

async function answer(recording: Recording, cuts: readonly number[] = []): Promise<Collected> {
  if (!recording.stream) return gather(readOne(recording.text))
  const bytes = Buffer.from(recording.text)
  const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
  const chunks = edges.slice(1).map((end, index) => bytes.subarray(edges[index], end))
  return gather(readStream(new Arriving(chunks), reading))
}

async function* readOne(text: string): AsyncGenerator<Batch> {
  yield readWhole(text, reading)
}

const REASONS: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  tool_use: 'toolUse',
  refusal: 'contentFilter',
}

describe.skipIf(!present)('recorded answers of Anthropic', () => {
  test('every good one gives the same text, thoughts, calls, usage and stop reason', async () => {
    const seen: Record<string, Record<string, number>> = {}
    for (const recording of good) {
      const { file, provider } = recording
      const collected = await answer(recording)
      expect({ file, error: collected.error, ...told(collected) }).toEqual({
        file,
        error: undefined,
        ...expectedOf(recording),
      })
      expect({ file, reason: collected.finish?.reason }).toEqual({
        file,
        reason: REASONS[String(recorded(recording).stop)],
      })
      const counts = (seen[provider] ??= { answers: 0, streams: 0, calls: 0, thoughts: 0, server: 0, cached: 0 })
      const add = (name: string, by: number): void => void (counts[name] = (counts[name] ?? 0) + by)
      add('answers', 1)
      add('streams', recording.stream ? 1 : 0)
      add('calls', collected.content.filter(({ type }) => type === 'toolCall').length)
      add('thoughts', collected.content.filter(({ type }) => type === 'thinking').length)
      add('server', recorded(recording).blocks.filter(({ type }) => !SHARED.has(type)).length)
      add('cached', (collected.finish?.usage?.cacheRead ?? 0) > 0 ? 1 : 0)
    }
    console.log('anthropic recordings:', JSON.stringify(seen))
    expect(good.length).toBeGreaterThan(170)
  })

  test('any cut of the bytes gives the same events', async () => {
    for (const recording of good.filter((one) => one.stream && one.text.length < 60_000)) {
      const { length } = Buffer.from(recording.text)
      const whole = await answer(recording)
      const everywhere = Array.from({ length: Math.ceil(length / 7) }, (_, index) => index * 7)
      const cut = await answer(recording, everywhere)
      expect({ file: recording.file, content: cut.content }).toEqual({ file: recording.file, content: whole.content })
      expect({ file: recording.file, events: cut.events }).toEqual({ file: recording.file, events: whole.events })
    }
  })

  test('a failed one is a failure of the provider', async () => {
    const spliced = recordings.filter(({ file }) => file === SPLICED)
    expect(spliced).toHaveLength(1)
    for (const recording of spliced) {
      const { error, content } = await answer(recording)
      expect(isProviderError(error) && error.info).toMatchObject({ class: 'network', retryable: true })
      expect(content.map(({ type }) => type)).toEqual(['thinking', 'toolCall'])
    }
  })

  test('a client of the same protocol gets every event as it was, but for pings', async () => {
    for (const recording of good.filter((one) => one.stream)) {
      const { batches } = await answer(recording, [Math.floor(Buffer.byteLength(recording.text) / 2)])
      const events = recording.payloads.filter(({ type }) => type !== 'ping')
      const kept = events.filter(({ type }, index) => type !== 'message_start' || index === 0)
      expect({ file: recording.file, events: payloads(stream(batches)) }).toEqual({
        file: recording.file,
        events: kept,
      })
    }
  })

  test('a client of the same protocol gets a whole answer as it was', async () => {
    for (const recording of good.filter((one) => !one.stream)) {
      const { batches, content } = await answer(recording)
      const wire = batches.at(-1)?.wire
      if (wire === undefined) throw new Error('no wire')
      const written = door.writeAnswer({ ...head, message: { role: 'assistant', content }, wire }, { cost: 1 })
      expect(JSON.parse(written)).toEqual({ ...recording.payloads[0], cost: 1 })
    }
  })

  test('an answer of another protocol comes through our own events unharmed', async () => {
    for (const recording of good) {
      const collected = await answer(recording)
      const again = await decode(stream(foreign(collected.batches)))
      const expected = told(collected)
      expect({ file: recording.file, ...told(again) }).toEqual({
        file: recording.file,
        ...expected,
        blocks: expected.blocks.map((part) =>
          'signature' in part ? { ...part, signature: wrapped(part.signature) } : part,
        ),
      })
    }
  })
})

const wrapped = (signature: unknown): unknown =>
  typeof signature === 'string' && signature !== '' ? `plugboard::${signature}` : undefined
