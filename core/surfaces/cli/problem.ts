import type { PluginInfo } from '../../kernel/plugin-info.ts'

/** What is wrong with a plugin and what to do, over several lines; undefined when nothing is. */
export function problemText({ id, problem }: PluginInfo): string | undefined {
  if (problem === undefined) return undefined
  const lines = [...problem.message.split('\n'), ...(problem.hint === undefined ? [] : [problem.hint])]
  return [`${id}: ${problem.code}`, ...lines.map((line) => `  ${line}`)].join('\n')
}
