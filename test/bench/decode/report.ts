import { table } from '../table.ts'
import type { DecodeResult, Way } from './decode.ts'

/** Events per second, and how much more time each way takes than only reading the events. */
export function decodeReport(results: readonly DecodeResult[]): string {
  const head = ['', 'parser alone', 'SSE reader', 'decoded', '/ SSE reader', 'written', '/ SSE reader']
  const rows = results.map(({ protocol, bytes, parser, reader, decoded, written }) => [
    `  ${protocol}, ${reader.events} events of ${Math.round(bytes / reader.events)} bytes`,
    rate(parser),
    rate(reader),
    rate(decoded),
    ratio(decoded),
    rate(written),
    ratio(written),
  ])
  return table([['decode: streamed answers from their bytes to our events, and written for a client'], head, ...rows])
}

const rate = ({ perSecond }: Way): string => `${Math.round(perSecond / 1_000).toLocaleString('en')},000 /s`

const ratio = ({ ratio: { median, q1, q3 } }: Way): string => `${median.toFixed(2)} [${q1.toFixed(2)}-${q3.toFixed(2)}]`
