import { isPlugboardError, type Model } from '@plugboard/sdk'
import type { Catalog } from '../catalog/catalog.ts'
import type { CostService } from '../cost/cost.ts'
import { roundedDollars } from '../cost/money.ts'
import { alternatives, nameOf } from './alternatives.ts'
import { counted, findings } from './findings.ts'
import type { ResolvedSelection } from './ledger-conditions.ts'
import type { LedgerReader } from './ledger-reader.ts'
import type { ModelFacts } from './model-facts.ts'
import { ADVICE_KINDS, type Advice, type AdviceReport } from './usage.ts'

export interface AdviceParts {
  readonly reader: LedgerReader
  readonly catalog: Catalog
  readonly prices: CostService
}

/** Models with a smaller part of all spending are not worth a change. */
const LEAST_PART = 100n
/** Few enough to be priced within some milliseconds: other work goes on in between. */
const PAGE = 1_000

const LIMITS: readonly string[] = [
  'A saving is what the calls were charged, less what their tokens would have cost at the prices known today, each call at its own time. Calls without a known price are left out.',
  'Another model counts the same text as more or fewer tokens, and may answer longer, shorter or worse; the ledger knows nothing of that.',
  'An alternative must have all abilities of the model (tools, kinds of input), think before it answers if the model does and only then, and have room for the largest call; which abilities a call needed is not in the ledger.',
  'Models that say nothing of their context window are not compared, nor are those of plugins written in code, except with their own provider.',
  'Reads from a cache are priced as such also where another provider might not have cached.',
]

/** The same ledger, catalogue and prices give the same advice. */
export async function advise(
  { reader, catalog, prices }: AdviceParts,
  selection: ResolvedSelection,
): Promise<AdviceReport> {
  const facts = await reader.read('facts', selection)
  const found: Advice[] = []
  const compared: Compared[] = []
  const [candidates, spent] = [await catalog.list(), facts.reduce((sum, { nano }) => sum + nano, 0n)]
  for (const each of facts) {
    const model = await modelOf(catalog, each)
    found.push(...findings(each, model && prices.priceOf?.(model)))
    if (model === undefined || each.nano === 0n || each.nano * LEAST_PART < spent) continue
    const cheaper = alternatives(model, each, candidates, (one, usage) => prices.costOf(one, usage))
    if (cheaper.length > 0) compared.push({ facts: each, charged: 0n, calls: 0, others: cheaper.map(noCost) })
  }
  if (compared.length > 0) await priceAgain(reader, prices, selection, compared)
  return { advice: [...found, ...compared.flatMap(savings)].toSorted(largestSavingFirst), limits: LIMITS }
}

interface Compared {
  readonly facts: ModelFacts
  calls: number
  charged: bigint
  readonly others: { readonly model: Model; nano: bigint | null }[]
}

const noCost = (model: Model): Compared['others'][number] => ({ model, nano: 0n })

/** A model that is gone has no abilities to compare. */
async function modelOf(catalog: Catalog, { provider, model }: ModelFacts): Promise<Model | undefined> {
  try {
    return await catalog.get(provider, model)
  } catch (error) {
    if (isPlugboardError(error)) return undefined
    throw error
  }
}

/** Call by call, as prices depend on the size and the time of each. */
async function priceAgain(
  reader: LedgerReader,
  prices: CostService,
  selection: ResolvedSelection,
  compared: readonly Compared[],
): Promise<void> {
  const byName = new Map(compared.map((each) => [`${each.facts.provider}:${each.facts.model}`, each]))
  const models = compared.map(({ facts: { provider, model } }) => ({ provider, model }))
  for (let after = 0; ;) {
    const calls = await reader.read('calls', { selection, models, after, limit: PAGE })
    for (const { provider, model, usage, nano, at, batch } of calls) {
      const each = byName.get(`${provider}:${model}`)
      if (each === undefined) continue
      each.calls++
      each.charged += BigInt(nano)
      for (const other of each.others) {
        const { total } = prices.costOf(other.model, usage, { at, batch })
        other.nano = other.nano === null || total === null ? null : other.nano + BigInt(total)
      }
    }
    const last = calls.at(-1)
    if (last === undefined || calls.length < PAGE) return
    after = last.seq
  }
}

function savings({ facts: { provider, model }, calls, charged, others }: Compared): Advice[] {
  return others.flatMap(({ model: other, nano }): Advice[] => {
    if (nano === null || nano >= charged) return []
    const [saving, alternative] = [charged - nano, nameOf(other)]
    const text = `Moving ${provider}:${model} to ${alternative} would have saved $${roundedDollars(saving)} of $${roundedDollars(charged)} (${counted(calls, 'call')}).`
    return [{ kind: 'cheaper_model', provider, model, alternative, calls, charged, saving, text }]
  })
}

function largestSavingFirst(one: Advice, other: Advice): number {
  const [a, b] = [one.saving ?? -1n, other.saving ?? -1n]
  if (a !== b) return a > b ? -1 : 1
  return ADVICE_KINDS.indexOf(one.kind) - ADVICE_KINDS.indexOf(other.kind) || placeOf(one).localeCompare(placeOf(other))
}

const placeOf = ({ provider, model, alternative = '' }: Advice): string => `${provider}:${model}:${alternative}`
