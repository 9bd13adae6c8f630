import type { ProviderRequest } from '@plugboard/sdk'

/** What fields in a provider's own words say about the size of the answer: they pass our own options by. */
export interface RawLimits {
  /** The longest answer asked for, in tokens; 0 when none is named. */
  readonly maxOutput: number
  /** Answers asked for at once; each is paid. */
  readonly answers: number
}

const LENGTHS: readonly string[] = ['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'maxOutputTokens']
const COUNTS: readonly string[] = ['n', 'best_of', 'candidateCount']

export function rawLimits({ model, options, wire }: ProviderRequest): RawLimits {
  const sources = [wire?.fields, options.providerOptions?.[model.provider]]
  const fields = sources.flatMap((source) => [source, source?.['generationConfig'] as typeof source])
  return { maxOutput: largest(fields, LENGTHS, 0), answers: largest(fields, COUNTS, 1) }
}

const largest = (
  sources: readonly (Readonly<Record<string, unknown>> | undefined)[],
  names: readonly string[],
  least: number,
): number =>
  sources.reduce(
    (most, source) =>
      names.reduce((max, name) => {
        const value = source?.[name]
        return typeof value === 'number' && value > max ? value : max
      }, most),
    least,
  )
