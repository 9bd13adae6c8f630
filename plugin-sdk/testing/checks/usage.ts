import type { Usage } from '../../messages.ts'
import type { RuleId } from '../rules.ts'
import { shown, type Violation } from './verdict.ts'

export const USAGE: readonly RuleId[] = [
  'usage.numbers',
  'usage.cache',
  'usage.reasoning',
  'usage.total',
  'usage.reported',
]

const COUNTS = ['input', 'output', 'cacheRead', 'cacheWrite', 'totalTokens'] as const

/** The first thing wrong with the token counts of a complete answer. */
export function wrongUsage(usage: Usage | undefined, expected: Partial<Usage> | undefined): Violation | undefined {
  if (usage === undefined) return expected === undefined ? undefined : unlike(expected, usage)
  return (
    wrongNumber(usage) ??
    (expected === undefined ? undefined : wrongCache(usage, expected)) ??
    wrongReasoning(usage, expected) ??
    wrongTotal(usage) ??
    (expected === undefined ? undefined : unlike(expected, usage))
  )
}

function wrongNumber(usage: Usage): Violation | undefined {
  const named: readonly (keyof Usage)[] = usage.reasoning === undefined ? COUNTS : [...COUNTS, 'reasoning']
  const wrong = named.find((name) => !Number.isSafeInteger(usage[name]) || (usage[name] as number) < 0)
  if (wrong === undefined) return undefined
  return { rule: 'usage.numbers', expected: `${wrong} as a whole number, 0 or more`, actual: shown(usage[wrong]) }
}

/** Only the mistake of counting cached tokens twice; other differences are told as such. */
function wrongCache(usage: Usage, { input, cacheRead = 0, cacheWrite = 0 }: Partial<Usage>): Violation | undefined {
  if (input === undefined || cacheRead + cacheWrite === 0 || usage.input === input) return undefined
  if (![input + cacheRead, input + cacheWrite, input + cacheRead + cacheWrite].includes(usage.input)) return undefined
  return {
    rule: 'usage.cache',
    expected: `input ${input}, beside ${cacheRead} read from and ${cacheWrite} written to the cache`,
    actual: `input ${usage.input}`,
  }
}

function wrongReasoning(usage: Usage, expected: Partial<Usage> | undefined): Violation | undefined {
  const { output, reasoning = 0 } = usage
  const wanted = expected?.output
  const thoughts = expected?.reasoning ?? 0
  const isLeftOut =
    wanted !== undefined && thoughts > 0 && (output === wanted - thoughts || output === wanted + thoughts)
  if (reasoning <= output && !isLeftOut) return undefined
  return {
    rule: 'usage.reasoning',
    expected: `output ${wanted ?? 'not below its reasoning'}, of which ${expected?.reasoning ?? reasoning} are reasoning`,
    actual: `output ${output}, of which ${reasoning} are reasoning`,
  }
}

function wrongTotal({ input, output, cacheRead, cacheWrite, totalTokens }: Usage): Violation | undefined {
  const sum = input + output + cacheRead + cacheWrite
  if (sum === totalTokens) return undefined
  return {
    rule: 'usage.total',
    expected: `totalTokens ${sum} (${input} + ${output} + ${cacheRead} + ${cacheWrite})`,
    actual: String(totalTokens),
  }
}

function unlike(expected: Partial<Usage>, usage: Usage | undefined): Violation | undefined {
  const names = Object.keys(expected) as (keyof Usage)[]
  if (usage !== undefined && names.every((name) => (usage[name] ?? 0) === (expected[name] ?? 0))) return undefined
  return { rule: 'usage.reported', expected: shown(expected), actual: usage === undefined ? 'no usage' : shown(usage) }
}
