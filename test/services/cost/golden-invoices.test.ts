import { describe, expect, test } from 'vitest'
import type { TokenPrice } from '@plugboard/sdk'
import { createPlugboard } from 'plugboard'
import { dollars } from '../../../core/services/cost/money.ts'
import { charged, usage } from './support.ts'

// Every amount below is worked out by hand. A price of $1 per million tokens is 1,000 nano-dollars per token.

describe('OpenAI', () => {
  const gpt4o = { input: '2.50', output: '10.00', cacheRead: '1.25' }

  test('1,000 in and 500 out on gpt-4o cost exactly $0.0075, as Plugboard ships', async () => {
    await using plugboard = await createPlugboard({ dataDir: false, hostDir: false, env: {}, logLevel: 'silent' })
    // 1,000 x 2,500 = 2,500,000 and 500 x 10,000 = 5,000,000
    const cost = plugboard.prices.costOf(
      await plugboard.getModel('openai', 'gpt-4o'),
      usage({ input: 1_000, output: 500 }),
    )
    expect(cost).toMatchObject({ input: 2_500_000, output: 5_000_000, cacheRead: 0, cacheWrite: 0, total: 7_500_000 })
    expect(dollars(cost.total ?? 0)).toBe(0.0075)
  })

  test('cached input has its own price and tells what it saved', async () => {
    // 86 x 2,500 = 215,000; 1,920 x 1,250 = 2,400,000; 300 x 10,000 = 3,000,000; saved 1,920 x (2,500 - 1,250)
    expect(await charged(gpt4o, { input: 86, cacheRead: 1_920, output: 300 })).toMatchObject({
      input: 215_000,
      cacheRead: 2_400_000,
      output: 3_000_000,
      total: 5_615_000,
      cacheSavings: 2_400_000,
    })
  })

  test('reasoning tokens are output, billed once', async () => {
    // 2,000 x 10,000, of which 1,500 were thought
    const cost = await charged(gpt4o, { output: 2_000, reasoning: 1_500 })
    expect(cost).toMatchObject({ output: 20_000_000, total: 20_000_000 })
    expect(cost).not.toHaveProperty('reasoning')
  })

  test('a request above the threshold moves to the tier as a whole', async () => {
    const gpt54: TokenPrice = {
      input: '2.50',
      cacheRead: '0.25',
      output: '15',
      tiers: [{ above: 272_000, input: '5', cacheRead: '0.50', output: '22.50' }],
    }
    // 272,000 x 2,500 = 680,000,000; 1,000 x 15,000 = 15,000,000
    expect((await charged(gpt54, { input: 272_000, output: 1_000 })).total).toBe(695_000_000)
    // 272,001 x 5,000 = 1,360,005,000; 1,000 x 22,500 = 22,500,000
    expect((await charged(gpt54, { input: 272_001, output: 1_000 })).total).toBe(1_382_505_000)
  })

  test('audio in and out', async () => {
    const audio = { input: '2.50', output: '10', audioInput: '32', audioOutput: '64' }
    // 20 x 2,500 = 50,000; 80 x 32,000 = 2,560,000; 50 x 10,000 = 500,000; 150 x 64,000 = 9,600,000
    expect(await charged(audio, { input: 100, audioInput: 80, output: 200, audioOutput: 150 })).toMatchObject({
      input: 50_000,
      audioInput: 2_560_000,
      output: 500_000,
      audioOutput: 9_600_000,
      total: 12_710_000,
    })
  })

  test('a batch has its discount, each part rounded half up once', async () => {
    const mini: TokenPrice = { input: '0.15', output: '0.60', cacheRead: '0.075', batchDiscountPercent: '50' }
    // 1,000 x 75 = 75,000; 3 x 37.5 = 112.5, so 113; 200 x 300 = 60,000
    expect(await charged(mini, { input: 1_000, cacheRead: 3, output: 200 }, { batch: true })).toMatchObject({
      input: 75_000,
      cacheRead: 113,
      output: 60_000,
      total: 135_113,
    })
    // Not a batch: 150,000 + 225 + 120,000
    expect((await charged(mini, { input: 1_000, cacheRead: 3, output: 200 })).total).toBe(270_225)
  })
})

describe('Anthropic', () => {
  const sonnet: TokenPrice = {
    input: '3',
    output: '15',
    cacheRead: '0.30',
    cacheWrite: '3.75',
    cacheWrite1h: '6',
    tiers: [{ above: 200_000, input: '6', output: '22.50', cacheRead: '0.60', cacheWrite: '7.50', cacheWrite1h: '12' }],
  }

  test('cache writes of five minutes and of an hour', async () => {
    // 1,000 x 3,000 = 3,000,000; 2,000 x 3,750 = 7,500,000; 1,000 x 6,000 = 6,000,000; 50,000 x 300 = 15,000,000; 800 x 15,000 = 12,000,000
    expect(
      await charged(sonnet, { input: 1_000, cacheWrite: 3_000, cacheWrite1h: 1_000, cacheRead: 50_000, output: 800 }),
    ).toMatchObject({
      input: 3_000_000,
      cacheWrite: 7_500_000,
      cacheWrite1h: 6_000_000,
      cacheRead: 15_000_000,
      output: 12_000_000,
      total: 43_500_000,
    })
  })

  test('an hour costs twice the input price where nothing else is said', async () => {
    // 10 x 2 x 3,000
    expect((await charged({ input: '3', output: '15' }, { cacheWrite: 10, cacheWrite1h: 10 })).total).toBe(60_000)
  })

  test('the tier is chosen by input and both caches together', async () => {
    // 200,000 in all: 150,000 x 3,000 + 40,000 x 300 + 10,000 x 3,750 + 100 x 15,000 = 450,000,000 + 12,000,000 + 37,500,000 + 1,500,000
    const below = { input: 150_000, cacheRead: 40_000, cacheWrite: 10_000, output: 100 }
    expect((await charged(sonnet, below)).total).toBe(501_000_000)
    // 200,001 in all: 150,000 x 6,000 + 40,001 x 600 + 10,000 x 7,500 + 100 x 22,500 = 900,000,000 + 24,000,600 + 75,000,000 + 2,250,000
    expect((await charged(sonnet, { ...below, cacheRead: 40_001 })).total).toBe(1_001_250_600)
  })

  test('a tier changes only the prices it names', async () => {
    const price: TokenPrice = { input: '3', output: '15', cacheRead: '0.30', tiers: [{ above: 100, input: '6' }] }
    // 90 x 6,000 = 540,000; 20 x 300 = 6,000; 10 x 15,000 = 150,000; cache writes follow the tier's input: 1 x 6,000
    expect((await charged(price, { input: 90, cacheRead: 20, cacheWrite: 1, output: 10 })).total).toBe(702_000)
  })

  test('a new price holds from its date, before which the old one stays', async () => {
    const opus: TokenPrice = {
      ...sonnet,
      periods: [{ from: '2026-03-13', input: '5', output: '25' }],
    }
    const large = { input: 300_000, output: 0 }
    // The day before still with its tier: 300,000 x 6,000. From midnight UTC without: 300,000 x 5,000
    expect((await charged(opus, large, { at: Date.parse('2026-03-12T23:59:59.999Z') })).total).toBe(1_800_000_000)
    expect((await charged(opus, large, { at: Date.parse('2026-03-13T00:00:00Z') })).total).toBe(1_500_000_000)
  })
})

describe('Google', () => {
  test('above 200,000 tokens, thoughts billed as output', async () => {
    const pro: TokenPrice = {
      input: '1.25',
      output: '10',
      cacheRead: '0.125',
      tiers: [{ above: 200_000, input: '2.50', output: '15', cacheRead: '0.25' }],
    }
    // 1,234 x 1,250 = 1,542,500; 567 x 10,000 = 5,670,000
    expect((await charged(pro, { input: 1_234, output: 567, reasoning: 400 })).total).toBe(7_212_500)
    // 180,000 x 2,500 = 450,000,000; 30,000 x 250 = 7,500,000; 1,000 x 15,000 = 15,000,000
    expect((await charged(pro, { input: 180_000, cacheRead: 30_000, output: 1_000 })).total).toBe(472_500_000)
  })

  test('images that the model draws and audio that it hears', async () => {
    const image = { input: '0.30', output: '2.50', audioInput: '1', imageInput: '0.35', imageOutput: '30' }
    // In: 10 x 300 + 320 x 1,000 + 258 x 350 = 3,000 + 320,000 + 90,300. Out: 10 x 2,500 + 1,290 x 30,000 = 25,000 + 38,700,000
    expect(
      await charged(image, { input: 588, audioInput: 320, imageInput: 258, output: 1_300, imageOutput: 1_290 }),
    ).toMatchObject({
      input: 3_000,
      audioInput: 320_000,
      imageInput: 90_300,
      output: 25_000,
      imageOutput: 38_700_000,
      total: 39_138_300,
    })
  })
})

describe('DeepSeek', () => {
  const chat: TokenPrice = {
    input: '0.135',
    output: '0.55',
    cacheRead: '0.035',
    periods: [{ daily: { from: '00:30', until: '16:30' }, input: '0.27', output: '1.10', cacheRead: '0.07' }],
  }

  test.each([
    // 1,001 x 135 = 135,135; 7 x 35 = 245; 33 x 550 = 18,150
    ['00:29:59.999', 153_530],
    // 1,001 x 270 = 270,270; 7 x 70 = 490; 33 x 1,100 = 36,300
    ['00:30:00.000', 307_060],
    ['16:29:59.999', 307_060],
    ['16:30:00.000', 153_530],
  ])('the hour of the day decides: at %s UTC', async (time, total) => {
    const cost = await charged(
      chat,
      { input: 1_001, cacheRead: 7, output: 33 },
      { at: Date.parse(`2026-06-01T${time}Z`) },
    )
    expect(cost.total).toBe(total)
  })

  test('hours that pass midnight', async () => {
    const night: TokenPrice = {
      input: '2',
      output: '2',
      periods: [{ daily: { from: '22:00', until: '06:00' }, input: '1', output: '1' }],
    }
    for (const [time, total] of [
      ['21:59', 2_000],
      ['22:00', 1_000],
      ['05:59', 1_000],
      ['06:00', 2_000],
    ] as const)
      expect((await charged(night, { input: 1 }, { at: Date.parse(`2026-06-01T${time}:00Z`) })).total).toBe(total)
  })

  test('fractions of a nano-dollar per token', async () => {
    // 0.0028 per million is 2.8 nano-dollars per token: 7 x 2.8 = 19.6, so 20; 10 x 2.8 = 28
    const flash = { input: '0.14', output: '0.28', cacheRead: '0.0028' }
    expect((await charged(flash, { cacheRead: 7 })).total).toBe(20)
    expect((await charged(flash, { cacheRead: 10 })).total).toBe(28)
  })

  test('of several periods the last one that holds counts', async () => {
    const price: TokenPrice = {
      input: '1',
      output: '1',
      periods: [
        { from: '2026-08-17', input: '2', output: '2' },
        { from: '2026-08-17', until: '2026-09-01', daily: { from: '01:00', until: '04:00' }, input: '3', output: '3' },
      ],
    }
    const at = async (time: string): Promise<number | null> =>
      (await charged(price, { input: 1 }, { at: Date.parse(time) })).total
    expect(await at('2026-08-16T02:00:00Z')).toBe(1_000)
    expect(await at('2026-08-17T02:00:00Z')).toBe(3_000)
    expect(await at('2026-08-17T05:00:00Z')).toBe(2_000)
    expect(await at('2026-09-01T02:00:00Z')).toBe(2_000)
  })
})

describe('xAI, Groq, Perplexity', () => {
  test('xAI: a tier above 128,000', async () => {
    const grok: TokenPrice = {
      input: '3',
      output: '15',
      cacheRead: '0.75',
      tiers: [{ above: 128_000, input: '6', output: '30' }],
    }
    // 687 x 3,000 = 2,061,000; 679 x 750 = 509,250; 299 x 15,000 = 4,485,000
    expect((await charged(grok, { input: 687, cacheRead: 679, output: 299, reasoning: 215 })).total).toBe(7_055_250)
    // 128,001 x 6,000 = 768,006,000; 1 x 30,000
    expect((await charged(grok, { input: 128_001, output: 1 })).total).toBe(768_036_000)
  })

  test('Groq: plain prices', async () => {
    // 123 x 590 = 72,570; 456 x 790 = 360,240
    expect((await charged({ input: '0.59', output: '0.79' }, { input: 123, output: 456 })).total).toBe(432_810)
  })

  test('a fee per request, only for a request that was answered', async () => {
    // 26 x 1,000 = 26,000; 300 x 1,000 = 300,000; fee 12,000,000
    const sonar = { input: '1', output: '1', request: '0.012' }
    expect(await charged(sonar, { input: 26, output: 300 })).toMatchObject({ request: 12_000_000, total: 12_326_000 })
    expect((await charged(sonar, {})).total).toBe(0)
  })

  test('reasoning with a price of its own is billed apart from the rest of the output', async () => {
    const research = { input: '2', output: '8', reasoning: '3' }
    // 10 x 2,000 = 20,000; 500 x 8,000 = 4,000,000; 9,000 x 3,000 = 27,000,000
    expect(await charged(research, { input: 10, output: 9_500, reasoning: 9_000 })).toMatchObject({
      output: 4_000_000,
      reasoning: 27_000_000,
      total: 31_020_000,
    })
  })
})

describe('mark-up', () => {
  const gpt4o: TokenPrice = { input: '2.50', output: '10', request: '0.001', batchDiscountPercent: '50' }

  test('is applied exactly, to every part', async () => {
    const settings = { markupPercent: '7.5' }
    // 1,000 x 2,687.5 = 2,687,500; 500 x 10,750 = 5,375,000; 1,075,000 for the request
    expect(await charged(gpt4o, { input: 1_000, output: 500 }, { settings })).toMatchObject({
      input: 2_687_500,
      output: 5_375_000,
      request: 1_075_000,
      total: 9_137_500,
    })
    // 1 x 2,687.5 rounds half up
    expect((await charged(gpt4o, { input: 1 }, { settings })).input).toBe(2_688)
  })

  test('and a batch discount together are rounded once', async () => {
    // 3 x 2,500 x 0.5 x 1.0333 = 3,874.875, so 3,875. Rounding the discount first would give 3,874.
    const settings = { markupPercent: '3.33' }
    expect((await charged(gpt4o, { input: 3 }, { settings, batch: true })).input).toBe(3_875)
  })

  test('of nothing stays nothing', async () => {
    expect((await charged('free', { input: 1_000_000 }, { settings: { markupPercent: '10' } })).total).toBe(0)
  })
})

test('amounts beyond what a double multiplies exactly', async () => {
  // 9,007,199 x 75,000,000 nano-dollars per token ($75,000 per million) = 675,539,925,000,000
  expect((await charged({ input: '75000', output: '0' }, { input: 9_007_199 })).total).toBe(675_539_925_000_000)
  // $0.123456789 per million is 123.456789 nano-dollars per token: 123,456,789 x 123.456789 = 15,241,578,750.190521
  expect((await charged({ input: '0.123456789', output: '0' }, { input: 123_456_789 })).total).toBe(15_241_578_750)
})
