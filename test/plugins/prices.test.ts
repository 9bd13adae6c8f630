import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPlugboard, type Plugboard } from 'plugboard'
import type { Model, ModelDeclaration, ProviderDeclaration } from '@plugboard/sdk'

/** Names that move on to newer models, which the public list has under their own names only. */
const ALIASES: Readonly<Record<string, string>> = {
  'deepseek:deepseek-chat': 'deepseek-v4-flash',
  'deepseek:deepseek-reasoner': 'deepseek-v4-flash',
  'mistral:devstral-latest': 'devstral-2512',
  'mistral:ministral-3b-latest': 'ministral-3b-2512',
  'mistral:mistral-large-latest': 'mistral-large-2512',
  'mistral:mistral-small-latest': 'mistral-small-2603',
}

/** Where a manifest knows better than the public list, and why. */
const KNOWN_BETTER: Readonly<Record<string, string>> = {
  'openrouter:google/gemini-2.5-flash': 'Google lowered the price of cached tokens; the list has the one of 2025',
  'openrouter:google/gemini-2.5-pro': 'Google lowered the price of cached tokens; the list has the one of 2025',
  'openrouter:meta-llama/llama-3.3-70b-instruct': 'the list has the price of 2025, half of what is asked now',
  'openrouter:qwen/qwen3-32b': 'the list has the price of 2025',
  'openrouter:x-ai/grok-4.3':
    'xAI asks double above 200,000 tokens through OpenRouter as well; the list has no tiers for it',
}

/** Where the catalog, a snapshot of July 2026, is older than our price or says something else, and why we do not follow. */
const CATALOG_ERRS: Readonly<Record<string, string>> = {
  'cerebras:zai-glm-4.7': 'cached tokens are billed as input; its 0 stands for "no price of its own"',
  'deepseek:deepseek-chat': 'dearer, and by the hour, since August 2026',
  'deepseek:deepseek-reasoner': 'dearer, and by the hour, since August 2026',
  'deepseek:deepseek-v4-flash': 'dearer, and by the hour, since August 2026',
  'deepseek:deepseek-v4-pro': 'dearer, and by the hour, since August 2026',
  'fireworks:accounts/fireworks/models/glm-5p2': 'the list is newer, and names Fireworks’ own page',
  'fireworks:accounts/fireworks/models/gpt-oss-120b': 'the list is newer, and names Fireworks’ own page',
  'mistral:ministral-3b-latest': 'it moved on to Ministral 3 in December 2025',
  'mistral:ministral-8b-latest': 'it moved on to Ministral 3 in December 2025',
  'mistral:mistral-medium-latest': 'it moved on to Medium 3.5 in June 2026',
  'moonshot:kimi-k2-turbo-preview': 'became cheaper in November 2025',
  'openrouter:google/gemini-2.5-flash':
    'its price of a cache write is that of storing alone, which comes on top of the input',
  'openrouter:google/gemini-2.5-pro':
    'its price of a cache write is that of storing alone, which comes on top of the input',
  'openrouter:moonshotai/kimi-k2.6': 'the price of the cheapest host that day; the list is newer',
  'openrouter:z-ai/glm-5.2': 'the price of the cheapest host that day; the list is newer',
}

const ROOT = join(import.meta.dirname, '../..')
const CATALOG = join(ROOT, '../shared/catalog/models.dev.catalog.json')
const NAMES_IN_CATALOG: Readonly<Record<string, string>> = {
  fireworks: 'fireworks-ai',
  moonshot: 'moonshotai',
  'openai-responses': 'openai',
  together: 'togetherai',
}

/** Late enough for every change of prices that the list knew when it was made; every half hour of that day. */
const AT = Date.parse('2026-10-01T12:00:00Z')
const HALF_HOURS = Array.from({ length: 48 }, (_, index) => AT + index * 1_800_000)

const nameOf = ({ provider, id }: Pick<Model, 'provider' | 'id'>): string => `${provider}:${id}`

let plugboard: Plugboard
let models: readonly Model[]

beforeAll(async () => {
  plugboard = await createPlugboard({ dataDir: false, hostDir: false, env: {}, watch: false, logLevel: 'silent' })
  models = await Promise.all(shipped().map(({ provider, id }) => plugboard.getModel(provider, id)))
})
afterAll(() => plugboard[Symbol.asyncDispose]())

/** Every model that a manifest of ours names, but for those of the sandbox, which are made up. */
function shipped(): { readonly provider: string; readonly id: string }[] {
  return globSync('plugins/*/plugboard.json', { cwd: ROOT, exclude: ['plugins/sandbox/**'] }).flatMap((file) => {
    const { contributes } = JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as {
      readonly contributes: { readonly providers: readonly ProviderDeclaration[] }
    }
    return contributes.providers.flatMap(({ id: provider, models: declared = [] }) =>
      declared.map(({ id }: ModelDeclaration) => ({ provider, id })),
    )
  })
}

const shippedModel = (name: string): Model => {
  const found = models.find((model) => nameOf(model) === name)
  if (found === undefined) throw new Error(`No manifest names ${name} any more.`)
  return found
}

/** What a model costs over a day. */
const costs = (model: Model): unknown[] => HALF_HOURS.map((at) => plugboard.prices.priceOf?.(model, at)?.price)

/** The same model as the public list knows it, perhaps by another name. */
const listed = ({ price: _own, ...model }: Model, id = model.id): Model => ({ ...model, id })

const isListed = (model: Model): boolean => costs(listed(model))[0] !== undefined

describe('the price of every shipped model', () => {
  test('is known, also when the provider is reached through another host', () => {
    const elsewhere = (model: Model): Model => ({ ...model, baseUrl: 'http://127.0.0.1:9/v1' })
    expect(models.length).toBeGreaterThan(100)
    expect(models.filter((model) => costs(model).includes(undefined)).map(nameOf)).toEqual([])
    expect(models.filter((model) => costs(elsewhere(model)).includes(undefined)).map(nameOf)).toEqual([])
  })

  test('stands in a manifest only where the public list does not know it, or not as well', () => {
    const own = models.filter((model) => model.price !== undefined && isListed(model)).map(nameOf)
    const explained = [...Object.keys(KNOWN_BETTER), ...Object.keys(ALIASES)]
    expect(own.filter((name) => !explained.includes(name))).toEqual([])
  })

  test.each(Object.entries(ALIASES))('%s is that of %s', (alias, id) => {
    const model = shippedModel(alias)
    expect(costs(model)).toEqual(costs(listed(model, id)))
    expect(costs(listed(model))).not.toEqual(costs(model))
  })

  test.each(Object.keys(KNOWN_BETTER))('%s is not what the list says', (name) => {
    const model = shippedModel(name)
    expect(model.price).toBeDefined()
    expect(costs(listed(model))).not.toEqual(costs(model))
  })
})

interface CatalogModel {
  readonly cost?: Readonly<Record<string, unknown>>
  readonly limit?: { readonly context?: number; readonly output?: number }
}

describe.skipIf(!existsSync(CATALOG))('beside the models.dev catalog, a second witness,', () => {
  let catalog: Readonly<Record<string, { readonly models: Readonly<Record<string, CatalogModel>> }>>
  beforeAll(() => {
    catalog = (JSON.parse(readFileSync(CATALOG, 'utf8')) as { readonly providers: typeof catalog }).providers
  })

  const witness = ({ provider, id }: Model): CatalogModel | undefined =>
    catalog[NAMES_IN_CATALOG[provider] ?? provider]?.models[id]

  test('every model is there', () => {
    expect(models.filter((model) => witness(model) === undefined).map(nameOf)).toEqual([])
  })

  test('the usual prices agree, but for named exceptions', () => {
    const differing = models.filter((model) => {
      const cost = witness(model)?.cost
      return cost !== undefined && !agrees(costs(model), cost)
    })
    expect(differing.map(nameOf).toSorted()).toEqual(Object.keys(CATALOG_ERRS).toSorted())
  })

  test('context windows and longest answers agree', () => {
    const limits = ({ contextWindow, maxTokens }: Model): unknown => ({ context: contextWindow, output: maxTokens })
    const told = (model: Model): unknown => {
      const { context, output } = witness(model)?.limit ?? {}
      return { context, output }
    }
    const differing = models.filter((model) => JSON.stringify(limits(model)) !== JSON.stringify(told(model)))
    expect(differing.map((model) => [nameOf(model), limits(model), told(model)])).toEqual([])
  })
})

const KINDS = { input: 'input', output: 'output', cache_read: 'cacheRead', cache_write: 'cacheWrite' } as const

/** What the catalog says about the kinds of tokens that it and we price, all day long. It has no hours. */
const agrees = (prices: readonly unknown[], cost: Readonly<Record<string, unknown>>): boolean =>
  prices.every((price) =>
    Object.entries(KINDS).every(([theirs, ours]) => {
      const rates = price as Readonly<Record<string, string | undefined>>
      return cost[theirs] === undefined || Number(rates[ours] ?? rates['input']) === cost[theirs]
    }),
  )
