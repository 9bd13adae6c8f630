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
  let [maxOutput, answers] = [0, 1]
  for (const source of [wire?.fields, options.providerOptions?.[model.provider]])
    for (const fields of [source, source?.['generationConfig'] as typeof source]) {
      if (fields === undefined || fields === null) continue
      maxOutput = largest(fields, LENGTHS, maxOutput)
      answers = largest(fields, COUNTS, answers)
    }
  return { maxOutput, answers }
}

function largest(fields: Readonly<Record<string, unknown>>, names: readonly string[], least: number): number {
  let most = least
  for (const name of names) {
    const value = fields[name]
    if (typeof value === 'number' && value > most) most = value
  }
  return most
}
