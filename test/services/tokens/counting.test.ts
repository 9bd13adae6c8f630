import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Context } from '@plugboard/sdk'
import { countInput } from '../../../core/services/tokens/count-input.ts'
import { countText } from '../../../core/services/tokens/count-text.ts'

const ENGLISH = `The gateway is never open to everybody: without a key there is nobody to answer. A call that was refused
before any provider was asked stands in the audit log, the others in the ledger, each with what it used and what it cost.`

// Counted with the tokenizers o200k_base (today's OpenAI models) and cl100k_base (older, finer).
describe.each([
  ['English', ENGLISH, 50, 50],
  [
    'German',
    'Die Anbieter rechnen in Tausendstel Cent, wir in Milliardstel Dollar, damit keine Rundung verloren geht.',
    23,
    33,
  ],
  ['Japanese', '料金が不明なモデルは、無料として扱われません。見積もりは実行前に表示されます。', 27, 38],
  ['Chinese', '价格未知的模型绝不会显示为零。每次调用前都会给出估算。', 20, 28],
  ['Russian', 'Неизвестная цена показывается как неизвестная и никогда не считается нулём.', 18, 32],
  ['code', 'export const dollars = (nano: Nano): number => nano / 1e9\nfor (const { run } of batch) run()\n', 29, 29],
  ['JSON', '{"id":"gpt-4o","price":{"input":"2.5","output":"10","cacheRead":"1.25"},"contextWindow":128000}', 35, 34],
  ['letters without words', 'qxzvk wpfjd lkqzm xcvbw tgrnp zzqjx', 18, 19],
])('%s', (_name, text, today, older) => {
  test('is counted about right', () => {
    const { likely } = countText(text)
    expect(likely).toBeGreaterThan(today * 0.4)
    expect(likely).toBeLessThan(older * 1.3)
  })

  test('never has more tokens than the bound', () => {
    expect(countText(text).most).toBeGreaterThanOrEqual(Math.max(today, older))
  })
})

test('the bound holds for what has no words: base64 is one token for 2.7 characters', () => {
  const base64 = randomBytes(9_000).toString('base64')
  expect(countText(base64).most).toBeGreaterThan(base64.length / 2.7)
})

test('the bound grows with every character, of whatever script', () => {
  let before = 0
  let text = ''
  for (let code = 1; code < 0xffff; code += 97) {
    text += String.fromCharCode(code)
    const { likely, most } = countText(text)
    expect(most).toBeGreaterThan(before)
    expect(most).toBeGreaterThan(likely)
    before = most
  }
})

describe('a request', () => {
  const count = (context: Context): number => countInput(context).likely
  const asking = (content: Context['messages'][number]['content']): Context =>
    ({ messages: [{ role: 'user', content }] }) as Context

  test('counts everything that is sent', () => {
    const plain = count(asking(ENGLISH))
    expect(count({ ...asking(ENGLISH), systemPrompt: ENGLISH })).toBeGreaterThan(plain * 1.5)
    expect(
      count(
        asking([
          { type: 'text', text: ENGLISH },
          { type: 'image', url: 'https://x.test/1.png' },
        ]),
      ),
    ).toBe(plain + 1_000)
    const tool = { name: 'look_up', description: ENGLISH, parameters: { type: 'object' } }
    expect(count({ ...asking(ENGLISH), tools: [tool] })).toBeGreaterThan(plain * 1.5)
    expect(
      count({
        messages: [
          { role: 'user', content: ENGLISH },
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: ENGLISH },
              { type: 'toolCall', id: '1', name: 'look_up', arguments: { of: ENGLISH } },
            ],
          },
          { role: 'toolResult', toolCallId: '1', isError: false, content: [{ type: 'text', text: ENGLISH }] },
        ],
      }),
    ).toBeGreaterThan(plain * 3)
  })

  test('does not take the bytes of an image or a recording for text', () => {
    const data = randomBytes(300_000).toString('base64')
    expect(countInput(asking([{ type: 'image', data, mimeType: 'image/png' }])).most).toBeLessThan(6_000)
    const audio = asking([
      { type: 'opaque', protocol: 'openai-chat', value: { type: 'input_audio', input_audio: { data } } },
    ])
    expect(countInput(audio).most).toBeLessThan(10_000)
  })

  test('comes in whole tokens', () => {
    const { likely, most } = countInput(asking('odd'))
    expect(Number.isInteger(likely) && Number.isInteger(most)).toBe(true)
  })
})
