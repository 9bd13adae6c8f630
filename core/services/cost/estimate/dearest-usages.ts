import type { Context, ProviderRequest, Usage } from '@plugboard/sdk'
import type { PriceVersion, Terms } from '../cost.ts'
import { nanoFromDecimal } from '../money.ts'
import { asksForLongCache } from './asks-for-long-cache.ts'

export const usageOf = (input: number, output: number): Usage => ({
  input,
  output,
  cacheRead: 0,
  cacheWrite: 0,
  totalTokens: input + output,
})

/** What of a request decides which kinds of tokens it can have. */
export type PricedRequest = Pick<ProviderRequest, 'context' | 'options' | 'wire'>

/**
 * The usages of at most so many tokens one of which is the dearest at a price. Within a tier the cost grows with every kind
 * of tokens, so only the pure kinds count, at the largest size of each tier; kinds that are never dearer than what they are
 * part of or stand for are left out, and so are those that the request cannot have.
 */
export function dearestUsages(
  version: PriceVersion | undefined,
  { input, output }: Pick<Usage, 'input' | 'output'>,
  request: PricedRequest,
): readonly Usage[] {
  if (version === undefined || version.price === 'free') return [usageOf(input, output)]
  const { tiers, asked, answered } = kindsOf(version, version.price)
  const usages: Usage[] = []
  const longCache = asksForLongCache(request)
  const add = (size: number): void => {
    addAnswers(usages, usageOf(size, output), answered)
    for (const kind of asked) if (mayHave(request, kind)) addAnswers(usages, inputOf(kind, size, output), answered)
    if (longCache) addAnswers(usages, { ...inputOf('cacheWrite', size, output), cacheWrite1h: size }, answered)
  }
  add(input)
  for (const { above } of tiers) if (above < input) add(above)
  return usages
}

const INPUT_KINDS = ['cacheRead', 'cacheWrite', 'imageInput', 'audioInput'] as const
const OUTPUT_KINDS = ['reasoning', 'audioOutput', 'imageOutput'] as const
type InputKind = (typeof INPUT_KINDS)[number]
type OutputKind = (typeof OUTPUT_KINDS)[number]

interface DearKinds {
  readonly tiers: NonNullable<Terms['tiers']>
  readonly asked: readonly InputKind[]
  readonly answered: readonly OutputKind[]
}

/** A price is looked at once, and not with every request. */
const known = new WeakMap<PriceVersion, DearKinds>()

function kindsOf(version: PriceVersion, terms: Terms): DearKinds {
  const before = known.get(version)
  if (before !== undefined) return before
  const tiers = terms.tiers ?? []
  const prices: Terms[] = [terms, ...tiers.map((tier) => ({ ...terms, ...tier }))]
  const kinds: DearKinds = {
    tiers,
    asked: INPUT_KINDS.filter((kind) => prices.some((price) => isDearer(price[kind], price.input))),
    answered: OUTPUT_KINDS.filter((kind) => prices.some((price) => isDearer(price[kind], price.output))),
  }
  known.set(version, kinds)
  return kinds
}

/** A kind without a price of its own costs what the tokens cost that it is counted with. */
const isDearer = (own: string | undefined, others: string | undefined): boolean =>
  own !== undefined && (others === undefined || nanoFromDecimal(own) > nanoFromDecimal(others))

function mayHave({ context }: PricedRequest, kind: InputKind): boolean {
  if (kind === 'imageInput') return holds(context, 'image')
  return kind !== 'audioInput' || holds(context, 'opaque')
}

function inputOf(kind: InputKind, tokens: number, output: number): Usage {
  const usage = usageOf(tokens, output)
  if (kind === 'cacheRead') return { ...usage, input: 0, cacheRead: tokens }
  if (kind === 'cacheWrite') return { ...usage, input: 0, cacheWrite: tokens }
  return { ...usage, [kind]: tokens }
}

function addAnswers(usages: Usage[], usage: Usage, answered: readonly OutputKind[]): void {
  usages.push(usage)
  for (const kind of answered) usages.push({ ...usage, [kind]: usage.output })
}

const holds = ({ messages }: Context, type: 'image' | 'opaque'): boolean =>
  messages.some(({ content }) => typeof content !== 'string' && content.some((part) => part.type === type))
