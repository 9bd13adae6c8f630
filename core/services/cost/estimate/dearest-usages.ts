import type { Context, ProviderRequest, Usage } from '@plugboard/sdk'
import type { PriceVersion, Terms } from '../cost.ts'
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
 * of tokens, so only the pure kinds count, at the largest size of each tier; kinds that the request cannot have are left out.
 */
export function dearestUsages(
  version: PriceVersion | undefined,
  { input, output }: Pick<Usage, 'input' | 'output'>,
  request: PricedRequest,
): readonly Usage[] {
  if (version === undefined || version.price === 'free') return [usageOf(input, output)]
  const terms = version.price
  const sizes = [input, ...(terms.tiers ?? []).map(({ above }) => above).filter((above) => above < input)]
  return sizes.flatMap((size) =>
    inputKinds(terms, request).flatMap((asked) =>
      outputKinds(terms).map((answered) => ({ ...usageOf(size, output), ...asked(size), ...answered(output) })),
    ),
  )
}

type Kind = (tokens: number) => Partial<Usage>

function inputKinds(terms: Terms, request: PricedRequest): Kind[] {
  const { context } = request
  const kinds: Kind[] = [() => ({})]
  if (priced(terms, 'cacheRead')) kinds.push((tokens) => ({ input: 0, cacheRead: tokens }))
  if (priced(terms, 'cacheWrite')) kinds.push((tokens) => ({ input: 0, cacheWrite: tokens }))
  if (asksForLongCache(request)) kinds.push((tokens) => ({ input: 0, cacheWrite: tokens, cacheWrite1h: tokens }))
  if (priced(terms, 'imageInput') && holds(context, 'image')) kinds.push((tokens) => ({ imageInput: tokens }))
  if (priced(terms, 'audioInput') && holds(context, 'opaque')) kinds.push((tokens) => ({ audioInput: tokens }))
  return kinds
}

function outputKinds(terms: Terms): Kind[] {
  const kinds: Kind[] = [() => ({})]
  for (const kind of ['reasoning', 'audioOutput', 'imageOutput'] as const)
    if (priced(terms, kind)) kinds.push((tokens) => ({ [kind]: tokens }))
  return kinds
}

/** A tier may have a price for a kind that has none of its own otherwise. */
const priced = (terms: Terms, kind: keyof Terms & keyof Usage): boolean =>
  terms[kind] !== undefined || terms.tiers?.some((tier) => tier[kind] !== undefined) === true

const holds = ({ messages }: Context, type: 'image' | 'opaque'): boolean =>
  messages.some(({ content }) => typeof content !== 'string' && content.some((part) => part.type === type))
