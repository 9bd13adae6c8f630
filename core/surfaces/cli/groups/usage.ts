import type { Command } from 'commander'
import { usageAdvice } from '../commands/usage-advice.ts'
import { usageBy } from '../commands/usage-by.ts'
import { usageRerate } from '../commands/usage-rerate.ts'
import { usageReset } from '../commands/usage-reset.ts'
import { usageSummary } from '../commands/usage-summary.ts'
import { usageTop } from '../commands/usage-top.ts'

export function usage(program: Command): void {
  const usage = program.command('usage').description('What calls used and what they cost')
  usageSummary(usage)
  usageBy(usage)
  usageTop(usage)
  usageAdvice(usage)
  usageReset(usage)
  usageRerate(usage)
}
