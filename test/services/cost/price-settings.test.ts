import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createPlugboard, type Plugboard, type PlugboardOptions, type PriceSettings } from 'plugboard'
import { readPriceSettings } from '../../../core/services/cost/price-settings.ts'

let dir: string
let file: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'prices-'))
  file = join(dir, 'prices.json')
})

afterEach(() => rm(dir, { recursive: true }))

const write = (settings: unknown): Promise<void> =>
  writeFile(file, typeof settings === 'string' ? settings : JSON.stringify(settings))

describe('prices.json', () => {
  test('is not needed', async () => {
    expect(await readPriceSettings(file)).toEqual({})
  })

  test('takes every form of price that a manifest takes, and no price at all', async () => {
    const settings: PriceSettings = {
      models: {
        'openai:gpt-4o': { input: '2', output: '8', cacheRead: '1', batchDiscountPercent: '50' },
        'openrouter:openai/gpt-oss-20b:free': 'free',
        'my_own:*': 'unknown',
        'google:gemini': {
          input: '1',
          output: '2',
          tiers: [{ above: 200_000, input: '2' }],
          periods: [{ from: '2027-01-01', daily: { from: '22:00', until: '06:00' }, input: '0.5', output: '1' }],
        },
      },
      markupPercent: '7.5',
    }
    await write(settings)
    expect(await readPriceSettings(file)).toEqual(settings)
  })

  test.each<[string, unknown, string]>([
    ['broken JSON', '{"models": {', 'is not JSON'],
    ['no object', '[]', 'must be of type object'],
    ['a misspelled key', { modles: {} }, '/modles unknown key "modles"; did you mean "models"?'],
    [
      'a number for an amount',
      { models: { 'a:b': { input: 2.5, output: '1' } } },
      '/models/a:b/input must be of type string',
    ],
    ['a missing amount', { models: { 'a:b': { input: '2.5' } } }, '/models/a:b/output is required'],
    ['a word for a price', { models: { 'a:b': 'cheap' } }, '/models/a:b must match ^(free|unknown)$'],
    ['a name without its provider', { models: { 'gpt-4o': 'free' } }, '/models/gpt-4o unknown key'],
    [
      'a misspelled kind',
      { models: { 'a:b': { input: '1', output: '1', cachRead: '1' } } },
      '/models/a:b/cachRead unknown key "cachRead"; did you mean "cacheRead"?',
    ],
    [
      'a moment that no clock here has',
      {
        models: {
          'a:b/c': { input: '1', output: '1', periods: [{ from: '2016-12-31T23:59:60Z', input: '1', output: '1' }] },
        },
      },
      '/models/a:b~1c "2016-12-31T23:59:60Z" is not a date',
    ],
    [
      'a discount of more than all',
      { models: { 'a:b': { input: '1', output: '1', batchDiscountPercent: '101' } } },
      '/models/a:b/batchDiscountPercent',
    ],
    [
      'a date that is none',
      { models: { 'a:b': { input: '1', output: '1', periods: [{ from: '2026-02-30', input: '1', output: '1' }] } } },
      '/models/a:b/periods/0/from',
    ],
    [
      'a period without a limit',
      { models: { 'a:b': { input: '1', output: '1', periods: [{ input: '1', output: '1' }] } } },
      '/models/a:b/periods/0',
    ],
    ['a negative mark-up', { markupPercent: '-5' }, '/markupPercent must match'],
  ])('with %s is refused by name and place', async (_what, settings, message) => {
    await write(settings)
    await expect(readPriceSettings(file)).rejects.toMatchObject({
      code: 'PRICES_INVALID',
      message: expect.stringContaining(message),
      hint: expect.stringContaining('Correct'),
    })
    await expect(readPriceSettings(file)).rejects.toThrow(file)
  })
})

describe('in a running host', () => {
  const open = (options: PlugboardOptions = {}): Promise<Plugboard> =>
    createPlugboard({ dataDir: dir, hostDir: false, watch: false, logLevel: 'silent', env: {}, ...options })

  async function inputPrice(plugboard: Plugboard): Promise<unknown> {
    const price = plugboard.prices.priceOf?.(await plugboard.getModel('sandbox', 'demo'))?.price
    return price === undefined || price === 'free' ? price : price.input
  }

  test('a bad file at the start stops the host, which would charge wrong prices', async () => {
    await write({ models: { 'sandbox:demo': 1 } })
    await expect(open()).rejects.toMatchObject({ code: 'PRICES_INVALID' })
  })

  test('so do bad prices that a host passes in', async () => {
    const prices = { models: { demo: 'free' } } as PriceSettings
    await expect(open({ prices })).rejects.toMatchObject({
      code: 'PRICES_INVALID',
      message: expect.stringContaining('options.prices'),
    })
  })

  test('the file is read again when asked, and a bad one changes nothing', async () => {
    await using plugboard = await open()
    expect(await inputPrice(plugboard)).toBe('1')
    await write({ models: { 'sandbox:demo': { input: '7', output: '7' } } })
    expect(await inputPrice(plugboard), 'not before it is asked').toBe('1')
    await plugboard.reloadPrices()
    expect(await inputPrice(plugboard)).toBe('7')
    await write('{')
    await expect(plugboard.reloadPrices()).rejects.toMatchObject({ code: 'PRICES_INVALID' })
    expect(await inputPrice(plugboard)).toBe('7')
    await rm(file)
    await plugboard.reloadPrices()
    expect(await inputPrice(plugboard)).toBe('1')
    expect(plugboard.auditLog.entries().filter(({ action }) => action === 'prices_reloaded')).toHaveLength(2)
  })

  test('what the host passes in wins over the file', async () => {
    await write({ models: { 'sandbox:demo': { input: '7', output: '7' } } })
    await using plugboard = await open({ prices: { models: { 'sandbox:demo': 'free' } } })
    expect(await inputPrice(plugboard)).toBe('free')
  })
})
