import type { PluginProblem } from '../../kernel/plugin-info.ts'

/** What is wrong with a plugin or a provider, if anything. */
export function printProblem({
  id,
  problem,
}: {
  readonly id: string
  readonly problem: PluginProblem | undefined
}): void {
  if (problem === undefined) return
  console.log(`\n${id}: ${problem.code}`)
  for (const line of problem.message.split('\n')) console.log(`  ${line}`)
  if (problem.hint !== undefined) console.log(`  ${problem.hint}`)
}
