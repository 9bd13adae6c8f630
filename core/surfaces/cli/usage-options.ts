import type { Command } from 'commander'
import type { UsageSelection } from '../../services/usage/usage.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'

export interface UsageOptions extends CommonOptions {
  readonly since?: string
  readonly until?: string
  readonly timeZone: string
  readonly all: boolean
}

/** Which calls are meant; default: those of this month. */
export const withUsageOptions = (command: Command): Command =>
  withCommonOptions(command)
    .option(
      '--since <date>',
      'calls that began then or later: 2026-01-31, or 2026-01-31T12:00:00Z; default: this month',
    )
    .option('--until <date>', 'calls that began before')
    .option('--time-zone <name>', 'whose days and months, for example Europe/Berlin', 'UTC')
    .option('--all', 'also calls that `usage reset` put aside', false)

/** Without `--since`, the month that runs now, or the one before `--until`. */
export const selectionOf = ({ since, until, timeZone, all }: UsageOptions): UsageSelection => ({
  since,
  until,
  timeZone,
  all,
  ...(since === undefined ? { period: 'month' } : {}),
})
