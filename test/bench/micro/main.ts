/** `node test/bench/micro/main.ts [part of a suite's name]`: every suite in `cases/`, as time per operation and as ratios. */
import { readdir } from 'node:fs/promises'
import { table } from '../table.ts'
import { runSuite, type CaseResult } from './runner.ts'
import type { MicroSuite } from './suite.ts'

const folder = new URL('cases/', import.meta.url)
const [wanted = ''] = process.argv.slice(2)

for (const file of (await readdir(folder)).toSorted()) {
  const { default: suite } = (await import(new URL(file, folder).href)) as { default: MicroSuite }
  if (!suite.name.includes(wanted)) continue
  const rows = (await runSuite(suite)).map(row)
  console.log(`${table([[suite.name, 'ns/op', 'ops/s', `/ ${suite.baseline}`], ...rows])}\n`)
}

function row({ name, nanoseconds: { median }, ratio }: CaseResult): string[] {
  const number = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 })
  const relation = `${ratio.median.toFixed(2)} [${ratio.q1.toFixed(2)}-${ratio.q3.toFixed(2)}]`
  return [`  ${name}`, number(median), number(1e9 / median), relation]
}
