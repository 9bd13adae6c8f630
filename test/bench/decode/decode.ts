import { SseReader, type Batch, type FinishEvent, type SseEvent } from '@plugboard/sdk'
import { protocolNames, type Door, type DoorRequest } from '@plugboard/sdk/protocols'
import { createParser } from 'eventsource-parser'
import { runSuite } from '../micro/runner.ts'
import type { MicroCase } from '../micro/suite.ts'
import type { Spread } from '../statistics.ts'
import { bedFor } from './answer.ts'

/** One way of one protocol. `events`: of an answer; `perSecond`: at the median; `ratio`: time relative to the bare reader's. */
export interface Way {
  readonly events: number
  readonly perSecond: number
  readonly ratio: Spread
}

export interface DecodeResult {
  readonly protocol: string
  readonly bytes: number
  /** `eventsource-parser` and a text decoder, nothing else. */
  readonly parser: Way
  /** Our reader of server-sent events, which every protocol reads through. */
  readonly reader: Way
  /** From the bytes to our events. */
  readonly decoded: Way
  /** From our events to the text a client of the protocol gets. */
  readonly written: Way
}

const WAYS = ['parser', 'reader', 'decoded', 'written'] as const
type WayName = (typeof WAYS)[number]

/** Answers in each round; decoding one takes several times as long as the rest. */
const ITERATIONS: Readonly<Record<WayName, number>> = { parser: 60, reader: 60, decoded: 20, written: 60 }

/** All protocols and ways turn by turn, so that what else the machine does falls on all of them alike. */
export async function measureDecoding(rounds: number): Promise<DecodeResult[]> {
  const subjects = await Promise.all(protocolNames.map(subjectOf))
  const [first] = subjects
  if (first === undefined) return []
  const cases = subjects.flatMap(({ cases: own }) => own)
  const results = await runSuite({ name: 'decode', baseline: caseName(first.protocol, 'reader'), cases }, rounds)
  return subjects.map(({ protocol, bytes, events }) => {
    const way = (name: WayName): Way => {
      const found = results.find((result) => result.name === caseName(protocol, name))
      if (found === undefined) throw new Error(`Nothing was measured of ${caseName(protocol, name)}.`)
      return { events: events[name], perSecond: (events[name] * 1e9) / found.nanoseconds.median, ratio: found.ratio }
    }
    return {
      protocol,
      bytes,
      parser: way('parser'),
      reader: way('reader'),
      decoded: way('decoded'),
      written: way('written'),
    }
  })
}

interface Subject {
  readonly protocol: string
  readonly bytes: number
  readonly events: Readonly<Record<WayName, number>>
  readonly cases: readonly MicroCase[]
}

const caseName = (protocol: string, way: WayName): string => `${protocol} ${way}`

async function subjectOf(protocol: string): Promise<Subject> {
  const { packets, door, decode } = await bedFor(protocol)
  // Without the provider's own form, so that the door writes every event itself.
  const batches = (await decode()).map((batch): Batch => batch.slice())
  const finish = batches.at(-1)?.at(-1)
  if (finish?.type !== 'finish') throw new Error(`The answer of ${protocol} has no end.`)
  const sent = read(packets).length
  const runs: Readonly<Record<WayName, () => unknown>> = {
    parser: () => parse(packets),
    reader: () => read(packets),
    decoded: decode,
    written: () => write(door, batches, finish),
  }
  return {
    protocol,
    bytes: packets.reduce((sum, { length }) => sum + length, 0),
    events: { parser: sent, reader: sent, decoded: sent, written: batches.flat().length },
    cases: WAYS.map((way) => ({
      name: caseName(protocol, way),
      baseline: caseName(protocol, 'reader'),
      iterations: ITERATIONS[way],
      run: runs[way],
    })),
  }
}

function parse(packets: readonly Buffer[]): number {
  let events = 0
  const decoder = new TextDecoder()
  const parser = createParser({ onEvent: () => void events++ })
  for (const packet of packets) parser.feed(decoder.decode(packet, { stream: true }))
  return events
}

function read(packets: readonly Buffer[]): SseEvent[] {
  const reader = new SseReader()
  return packets.flatMap((packet) => reader.feed(packet))
}

/** The whole answer as a client gets it. */
export function write(door: Door, batches: readonly Batch[], finish: FinishEvent): string {
  const writer = door.openStream({ id: 'bench', created: 1_760_000_000, model: 'bench:bench-1' }, ASKED)
  let text = ''
  for (const batch of batches) text += writer.write(batch)
  return text + writer.finish(finish, undefined, { provider: 'bench' })
}

const ASKED: DoorRequest = {
  model: 'bench:bench-1',
  context: { messages: [] },
  options: {},
  stream: true,
  wire: { protocol: 'bench', fields: {} },
  includeUsage: true,
  extensions: {},
}
