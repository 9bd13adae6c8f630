import type { GenerationOptions, Model } from '@plugboard/sdk'

/** The answer of a model that does not say how long its answers can be. */
const UNKNOWN_MODEL_OUTPUT = 8_192
/** A shorter answer is of little use; a model that thinks first would not even come to it. */
const LEAST = 1_024
const LEAST_THINKING = 8_192

/**
 * Sizes of an answer that may be paid for, longest first. A caller who names a size gets that or nothing. For others it is
 * all the model can do, or, where that cannot be paid, the half of it, and so on: they are told, and the provider is held
 * to it.
 */
export function outputSizes({ maxTokens }: GenerationOptions, model: Model): number[] {
  if (maxTokens !== undefined) return [maxTokens]
  const longest = model.maxTokens ?? UNKNOWN_MODEL_OUTPUT
  const least = model.reasoning ? LEAST_THINKING : LEAST
  const sizes = [longest]
  for (let size = Math.floor(longest / 2); size >= least; size = Math.floor(size / 2)) sizes.push(size)
  return sizes
}
