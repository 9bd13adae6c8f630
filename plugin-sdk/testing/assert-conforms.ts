import type { CheckResult, Report } from './report.ts'
import type { RuleId } from './rules.ts'

/** Throws an Error that lists what failed, in a text for people. Any test runner shows it. */
export function assertConforms(report: Report): void {
  if (report.failed.length > 0) throw new Error(formatReport(report))
}

/** The report as lines for people: what failed and what to do first, then what was measured and what was not tried. */
export function formatReport({ plugin, passed, failed, skipped }: Report): string {
  const parts = [
    `${plugin}: ${passed.length} checks passed, ${failed.length} failed, ${skipped.length} rules not tried`,
    ...failed.map(formatFailure),
    section('Measured', grouped(passed.filter(({ rule }) => MEASURED.includes(rule)))),
    section('Not tried', grouped(skipped)),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

const MEASURED: readonly RuleId[] = ['abort.upstream', 'return.frees']

const formatFailure = ({ rule, title, provider, where, expected, actual, advice }: CheckResult): string =>
  [
    `FAILED ${rule}: ${title}`,
    `  in        ${[provider, where.fixture, where.request, placeOf(where.event)].filter(Boolean).join(', ')}`,
    `  expected  ${expected}`,
    `  actual    ${actual}`,
    `  do        ${advice}`,
  ].join('\n')

const placeOf = (event: number | undefined): string | undefined => (event === undefined ? undefined : `event ${event}`)

const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : [title, ...lines].join('\n')

/** What happened, and below it the rules it happened to: a missing feature leaves many of them out. */
function grouped(results: readonly CheckResult[]): readonly string[] {
  const groups = new Map<string, string[]>()
  for (const { actual, rule, where, provider } of results) {
    const what = `  ${provider}: ${actual}`
    groups.set(what, [...(groups.get(what) ?? []), where.fixture === 'all' ? rule : `${rule} (${where.fixture})`])
  }
  return [...groups].flatMap(([what, names]) => [what, ...wrapped(names)])
}

const WIDTH = 100

function wrapped(names: readonly string[]): readonly string[] {
  const lines: string[] = []
  for (const name of names) {
    const line = lines.at(-1)
    if (line === undefined || line.length + name.length > WIDTH) lines.push(`    ${name}`)
    else lines[lines.length - 1] = `${line}, ${name}`
  }
  return lines
}
