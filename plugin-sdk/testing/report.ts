import { rules, type RuleId } from './rules.ts'

export interface Where {
  /** The feature that was tried, for example `tool-call`; also the name of its cassette. */
  readonly fixture: string
  /** Position of the event among all events of the answer, from 0. */
  readonly event?: number
  /** The request concerned, for example `POST /v1/chat/completions`. */
  readonly request?: string
}

/** One rule, tried once. */
export interface CheckResult {
  readonly rule: RuleId
  readonly title: string
  readonly provider: string
  readonly where: Where
  readonly expected: string
  /** What happened, or why the rule was not tried. */
  readonly actual: string
  /** What to do when it failed. */
  readonly advice: string
}

/** What a provider was held to. A rule appears once for every feature it was tried with. */
export interface Report {
  readonly plugin: string
  readonly passed: readonly CheckResult[]
  readonly failed: readonly CheckResult[]
  readonly skipped: readonly CheckResult[]
}

export interface Failing {
  readonly expected: string
  readonly actual: string
}

/** Gathers the results of one provider. */
export interface Recorder {
  pass(rule: RuleId, where: Where, actual?: string): void
  fail(rule: RuleId, where: Where, failing: Failing): void
  skip(rule: RuleId, where: Where, why: string): void
  /** Whether there is a result for the rule, of whatever kind. */
  isTried(rule: RuleId): boolean
}

export type Exceptions = Readonly<Partial<Record<RuleId, string>>>

interface Results {
  readonly passed: CheckResult[]
  readonly failed: CheckResult[]
  readonly skipped: CheckResult[]
}

export const emptyResults = (): Results => ({ passed: [], failed: [], skipped: [] })

/** A rule that failed in a fixture stays failed there, and its first failure is the one that is told. */
export function createRecorder(provider: string, except: Exceptions, results: Results): Recorder {
  const result = (rule: RuleId, where: Where, expected: string, actual: string): CheckResult => ({
    rule,
    title: rules[rule].title,
    provider,
    where,
    expected,
    actual,
    advice: rules[rule].advice,
  })
  const isSame = (rule: RuleId, where: Where) => (other: CheckResult) =>
    other.rule === rule && other.provider === provider && other.where.fixture === where.fixture
  const skip: Recorder['skip'] = (rule, where, why) => {
    if (!results.skipped.some(isSame(rule, where))) results.skipped.push(result(rule, where, rules[rule].title, why))
  }
  return {
    skip,
    isTried: (rule) =>
      [...results.failed, ...results.passed, ...results.skipped].some(
        (other) => other.rule === rule && other.provider === provider,
      ),
    pass(rule, where, actual = 'so it is') {
      if (except[rule] !== undefined) return skip(rule, where, except[rule])
      if ([...results.failed, ...results.passed].some(isSame(rule, where))) return
      results.passed.push(result(rule, where, rules[rule].title, actual))
    },
    fail(rule, where, { expected, actual }) {
      if (except[rule] !== undefined) return skip(rule, where, except[rule])
      if (results.failed.some(isSame(rule, where))) return
      const passed = results.passed.findIndex(isSame(rule, where))
      if (passed !== -1) results.passed.splice(passed, 1)
      results.failed.push(result(rule, where, expected, actual))
    },
  }
}
