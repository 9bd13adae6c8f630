import { MessageBuilder, SseReader } from '@plugboard/sdk'
import { protocolNames } from '@plugboard/sdk/protocols'
import { describe, expect, it } from 'vitest'
import { bedFor } from './answer.ts'
import { measureDecoding, write } from './decode.ts'
import { decodeReport } from './report.ts'
import { TOLD } from './told.ts'

describe('the decoding bench', () => {
  it.each(protocolNames)('decodes all that the host said in %s, and writes it again', async (protocol) => {
    const { packets, door, decode } = await bedFor(protocol)
    expect(packets.length).toBeGreaterThan(40)
    const batches = await decode()
    const message = new MessageBuilder()
    for (const batch of batches) message.add(batch)
    const texts = message.content.map((part) =>
      part.type === 'thinking' ? part.thinking : part.type === 'text' && part.text,
    )
    expect(texts.slice(0, 2)).toEqual([TOLD.thinking?.join(''), TOLD.text?.join('')])
    expect(message.content.slice(2)).toMatchObject(
      (TOLD.calls ?? []).map(({ name, arguments: args }) => ({ name, arguments: args })),
    )
    expect(message.finish).toMatchObject({ reason: 'toolUse', usage: TOLD.usage })

    const { finish } = message
    if (finish === undefined) throw new Error('no end')
    const written = write(
      door,
      batches.map((batch) => batch.slice()),
      finish,
    )
    const events = new SseReader().feed(Buffer.from(written))
    const last = TOLD.text?.at(-1)
    expect(events.filter(({ data }) => data.includes(JSON.stringify(last).slice(1, -1))).length).toBeGreaterThan(5)
    expect(events.at(-1)?.data).toMatch(/DONE|completed|message_stop|STOP/)
  })

  it('tells events per second of every protocol, beside the bare reader', async () => {
    const results = await measureDecoding(1)
    expect(results.map(({ protocol }) => protocol)).toEqual(protocolNames)
    for (const { parser, reader, decoded, written } of results) {
      expect(parser.events).toBe(reader.events)
      expect(reader.ratio.median).toBe(1)
      // How fast is the bench's business.
      for (const { perSecond, ratio } of [parser, decoded, written]) {
        expect(perSecond).toBeGreaterThan(0)
        expect(ratio.median).toBeGreaterThan(0)
      }
    }
    expect(decodeReport(results).split('\n')).toHaveLength(2 + protocolNames.length)
  })
})
