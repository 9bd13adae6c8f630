import type { PluginProblem } from '../../kernel/plugin-info.ts'

interface Troubled {
  readonly id: string
  readonly problem: PluginProblem | undefined
}

/** What is wrong with a plugin or a provider and what to do, over several lines; undefined when nothing is. */
export function problemText({ id, problem }: Troubled): string | undefined {
  if (problem === undefined) return undefined
  const lines = [...problem.message.split('\n'), ...(problem.hint === undefined ? [] : [problem.hint])]
  return [`${id}: ${problem.code}`, ...lines.map((line) => `  ${line}`)].join('\n')
}

/** The same on the terminal, after an empty line. */
export function printProblem(troubled: Troubled): void {
  const text = problemText(troubled)
  if (text !== undefined) console.log(`\n${text}`)
}
