import { SseReader } from '@plugboard/sdk'
import { streamEvents } from '../../answers.ts'
import { packetsOf } from '../../packets.ts'
import type { MicroSuite } from '../suite.ts'

const { role, deltas, tail } = streamEvents(200)
const burst = Buffer.from(role + deltas.join('') + tail)
const packets = packetsOf(burst)

const suite: MicroSuite = {
  name: 'SseReader: 200 events',
  baseline: 'split by hand',
  cases: [
    {
      name: 'split by hand',
      iterations: 2_000,
      run: () =>
        burst
          .toString('utf8')
          .split('\n\n')
          .map((event) => event.slice(6)),
    },
    { name: 'SseReader, one chunk', iterations: 1_000, run: () => new SseReader().feed(burst) },
    {
      name: 'SseReader, network packets',
      iterations: 1_000,
      run: () => {
        const reader = new SseReader()
        return packets.map((packet) => reader.feed(packet))
      },
    },
  ],
}

export default suite
