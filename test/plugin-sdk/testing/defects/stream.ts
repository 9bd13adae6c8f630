import type { FinishEvent, ProviderEvent, TextEnd } from '@plugboard/sdk'
import type { Defect } from './defect.ts'
import { asItIs, asking, spoiled, subject, good } from './subjects.ts'

const twin = spoiled(() => asItIs)

const strange = {
  type: 'opaque',
  content: { type: 'opaque', protocol: 'its-own', value: { kind: 'strange' } },
} as const

const isDelta = (event: ProviderEvent): boolean => event.type === 'text_delta'

export const streamDefects: readonly Defect[] = [
  {
    rule: 'stream.events',
    what: 'yields an event of its own making',
    bad: spoiled(() => (event) => (event.type === 'finish' ? [{ type: 'debug' }, event] : [event])),
    good: twin,
  },
  {
    rule: 'stream.events',
    what: 'yields a finish with the word of the host',
    bad: spoiled(() => (event) => (event.type === 'finish' ? [{ ...event, reason: 'end_turn' }] : [event])),
    good: twin,
  },
  {
    rule: 'stream.events',
    what: 'yields a delta that is not text',
    bad: spoiled(() => (event) => (isDelta(event) ? [{ ...event, delta: undefined }] : [event])),
    good: twin,
  },
  {
    rule: 'stream.events',
    what: 'yields an opaque block without its protocol',
    bad: spoiled(
      () => (event) =>
        event.type === 'finish'
          ? [{ type: 'opaque', contentIndex: 9, content: { type: 'opaque', value: {} } }, event]
          : [event],
    ),
    good: twin,
  },
  {
    rule: 'stream.index',
    what: 'gives an opaque block the number of another one',
    bad: spoiled(() => (event) => (event.type === 'finish' ? [{ ...strange, contentIndex: 0 }, event] : [event])),
    good: spoiled(() => {
      let next = 0
      return (event) => {
        if (event.type.endsWith('_start')) next++
        return event.type === 'finish' ? [{ ...strange, contentIndex: next }, event] : [event]
      }
    }),
  },
  {
    rule: 'stream.batches',
    what: 'yields an empty batch for every chunk that says nothing',
    bad: subject(async (setup) => {
      const provider = await good(setup)
      return {
        ...provider,
        async *stream(request, signal) {
          for await (const item of provider.stream(request, signal)) {
            yield item
            yield []
          }
        },
      }
    }),
    good: twin,
  },
  {
    rule: 'stream.start',
    what: 'starts again with every text',
    bad: spoiled(() => (event) => (event.type === 'text_start' ? [{ type: 'start' }, event] : [event])),
    good: spoiled(() => (event) => (event.type === 'start' ? [] : [event])),
  },
  {
    rule: 'stream.blocks',
    what: 'leaves blocks open',
    bad: spoiled(() => (event) => (event.type === 'text_end' ? [] : [event])),
    good: twin,
  },
  {
    rule: 'stream.blocks',
    what: 'says more of a block that has ended',
    bad: spoiled(
      () => (event) =>
        event.type === 'text_end'
          ? [event, { type: 'text_delta', contentIndex: event.contentIndex, delta: '!' }]
          : [event],
    ),
    good: twin,
  },
  {
    rule: 'stream.blocks',
    what: 'does not start blocks',
    bad: spoiled(() => (event) => (event.type === 'text_start' ? [] : [event])),
    good: twin,
  },
  {
    rule: 'stream.index',
    what: 'numbers blocks from 1',
    bad: spoiled(
      () => (event) => ('contentIndex' in event ? [{ ...event, contentIndex: event.contentIndex + 1 }] : [event]),
    ),
    good: twin,
  },
  {
    rule: 'stream.index',
    what: 'gives every block the number 0',
    bad: spoiled(() => (event) => ('contentIndex' in event ? [{ ...event, contentIndex: 0 }] : [event])),
    good: twin,
  },
  {
    rule: 'stream.join',
    what: 'ends a text with something else than its deltas said',
    bad: spoiled(
      () => (event) => (event.type === 'text_end' ? [{ ...event, content: event.content.trim() + '.' }] : [event]),
    ),
    good: twin,
  },
  {
    rule: 'stream.join',
    what: 'tells a text only when it ends',
    bad: spoiled(() => (event) => (isDelta(event) ? [] : [event])),
    good: spoiled(() => {
      let text = ''
      return (event) => {
        if (event.type === 'text_delta') text += event.delta
        if (event.type !== 'text_end') return isDelta(event) ? [] : [event]
        return [{ type: 'text_delta', contentIndex: event.contentIndex, delta: text }, event]
      }
    }),
  },
  {
    rule: 'stream.finish',
    what: 'never finishes',
    bad: spoiled(() => (event) => (event.type === 'finish' ? [] : [event])),
    good: twin,
  },
  {
    rule: 'stream.finish',
    what: 'finishes twice',
    bad: spoiled(() => (event) => (event.type === 'finish' ? [event, event] : [event])),
    good: twin,
  },
  {
    rule: 'stream.after-finish',
    what: 'says goodbye after the finish',
    bad: spoiled(() => (event) => (event.type === 'finish' ? [event, ...goodbye(9)] : [event])),
    good: twin,
  },
  {
    rule: 'answer.content',
    what: 'trims what the host says',
    bad: spoiled(() => {
      let text = ''
      return (event) => {
        if (event.type === 'text_delta') text += event.delta.trim()
        if (event.type === 'text_delta') return [{ ...event, delta: event.delta.trim() }]
        return event.type === 'text_end' ? [{ ...event, content: text } satisfies TextEnd] : [event]
      }
    }),
    good: twin,
  },
  {
    rule: 'answer.content',
    what: 'tells thoughts as text',
    bad: spoiled(() => (event) => [JSON.parse(JSON.stringify(event).replace('"thinking_', '"text_')) as unknown]),
    good: twin,
  },
  {
    rule: 'answer.completes',
    what: 'trips over an emoji',
    bad: spoiled(() => (event) => {
      if (event.type === 'text_delta' && event.delta.includes('👋')) throw new RangeError('what is this?')
      return [event]
    }),
    good: twin,
  },
  {
    rule: 'answer.cuts',
    what: 'decodes each network chunk by itself',
    bad: asking((ask) => async (request) => {
      const response = await ask(request)
      const next = response.body.next.bind(response.body)
      response.body.next = async () => {
        const step = await next()
        return step.done === true ? step : { done: false, value: Buffer.from(new TextDecoder().decode(step.value)) }
      }
      return response
    }),
    good: asking((ask) => ask),
  },
  {
    rule: 'answer.slow',
    what: 'gives up after 200 ms',
    bad: asking((ask) => {
      let running = 0
      return async (request) => {
        // Many requests at once may well take longer.
        if (running++ > 0) return ask(request).finally(() => running--)
        const impatient = new AbortController()
        const timer = setTimeout(() => impatient.abort(), 200)
        const signal = AbortSignal.any([request.signal, impatient.signal])
        return ask({ ...request, signal }).finally(() => {
          running--
          clearTimeout(timer)
        })
      }
    }),
    good: asking((ask) => ask),
    alone: true,
  },
  {
    rule: 'finish.reason',
    what: 'takes a filtered answer for a good one',
    where: 'content-filter',
    bad: spoiled(
      () => (event) =>
        event.type === 'finish' && event.reason === 'contentFilter' ? [{ ...event, reason: 'stop' }] : [event],
    ),
    good: twin,
  },
  {
    rule: 'finish.reason',
    what: 'takes every end for a good one',
    where: 'length',
    bad: spoiled(
      () => (event) => (event.type === 'finish' ? [{ ...event, reason: 'stop' } satisfies FinishEvent] : [event]),
    ),
    good: twin,
  },
]

const goodbye = (contentIndex: number): readonly ProviderEvent[] => [
  { type: 'text_start', contentIndex },
  { type: 'text_end', contentIndex, content: '' },
]
