import type { Cost, Model, Usage } from '@plugboard/sdk'
import type { ModelFacts } from './model-facts.ts'

/** Alternatives that are worked out exactly for each model, and told. */
const MOST = 3

/**
 * The models that could have answered all calls to `model`, as far as the ledger knows, and likely for less: the cheapest
 * first. `costOf` prices a usage on a model, without a time.
 */
export function alternatives(
  model: Model,
  facts: ModelFacts,
  candidates: readonly Model[],
  costOf: (model: Model, usage: Usage) => Cost,
): readonly Model[] {
  const usual = meanUsage(facts)
  const charged = Number(facts.nano) / facts.priced
  return candidates
    .filter((candidate) => canDoTheSame(candidate, model, facts))
    .flatMap((candidate) => {
      const { total } = costOf(candidate, usual)
      return total === null || total >= charged ? [] : [{ candidate, total }]
    })
    .toSorted(
      (one, other) =>
        one.total - other.total ||
        Number(other.candidate.provider === model.provider) - Number(one.candidate.provider === model.provider) ||
        nameOf(one.candidate).localeCompare(nameOf(other.candidate)),
    )
    .filter(({ candidate, total }, index, sorted) =>
      // One model that is reached in several ways at one price is one alternative.
      sorted.slice(0, index).every((before) => before.candidate.id !== candidate.id || before.total !== total),
    )
    .slice(0, MOST)
    .map(({ candidate }) => candidate)
}

export const nameOf = ({ provider, id }: Pick<Model, 'provider' | 'id'>): string => `${provider}:${id}`

/**
 * What the calls needed of a model's abilities is not in the ledger, so the other model must have all of them. A model that
 * thinks first writes tokens that one that does not has never written, so the two cannot be compared.
 */
function canDoTheSame(other: Model, model: Model, { largestInput, longestOutput }: ModelFacts): boolean {
  const { contextWindow } = other
  return (
    nameOf(other) !== nameOf(model) &&
    (other.provider === model.provider || other.baseUrl !== undefined) &&
    (other.tools || !model.tools) &&
    other.reasoning === model.reasoning &&
    model.input.every((kind) => other.input.includes(kind)) &&
    contextWindow !== undefined &&
    largestInput + longestOutput <= contextWindow &&
    longestOutput <= (other.maxTokens ?? contextWindow)
  )
}

function meanUsage(facts: ModelFacts): Usage {
  const mean = (sum: number): number => Math.round(sum / facts.priced)
  const [input, output, cacheRead, cacheWrite] = [
    mean(facts.pricedInput),
    mean(facts.pricedOutput),
    mean(facts.pricedCacheRead),
    mean(facts.pricedCacheWrite),
  ]
  return { input, output, cacheRead, cacheWrite, totalTokens: input + output + cacheRead + cacheWrite }
}
