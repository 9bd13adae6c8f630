import type { Command } from 'commander'
import { PlugboardError } from '@plugboard/sdk'
import type { RerateRow } from '../../../services/cost/cost.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { formatCost, printJson, printTable } from '../output.ts'

interface RerateOptions extends CommonOptions {
  readonly since?: string
}

export function usageRerate(usage: Command): void {
  withCommonOptions(
    usage.command('rerate').description("Show what today's prices would make of past calls; changes nothing"),
  )
    .option('--since <date>', 'only calls from then on: an ISO date, midnight UTC, or date and time')
    .action(async (options: RerateOptions) => {
      const since = options.since === undefined ? 0 : momentOf(options.since)
      await using plugboard = await openPlugboard(options)
      const rows = await plugboard.rerate(since)
      if (options.json)
        return printJson(rows.map((row) => ({ ...row, difference: row.after - row.before, currency: 'nano-USD' })))
      if (rows.length === 0) return console.log('There are no calls to price again.')
      printTable(['MODEL', 'CALLS', 'CHARGED', 'TODAY', 'DIFFERENCE', 'CHANGED', ''], [...rows, sum(rows)].map(cells))
    })
}

function momentOf(text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(at)) return at
  throw new PlugboardError('DATE_INVALID', `"${text}" is not a date.`, {
    hint: 'Write it as 2026-01-31 or 2026-01-31T12:00:00Z.',
  })
}

const sum = (rows: readonly RerateRow[]): RerateRow => {
  const total = (key: 'calls' | 'changed' | 'unpricedBefore' | 'unpricedAfter' | 'inconsistent'): number =>
    rows.reduce((all, row) => all + row[key], 0)
  const amount = (key: 'before' | 'after'): bigint => rows.reduce((all, row) => all + row[key], 0n)
  return {
    provider: 'all',
    model: '',
    calls: total('calls'),
    changed: total('changed'),
    before: amount('before'),
    after: amount('after'),
    unpricedBefore: total('unpricedBefore'),
    unpricedAfter: total('unpricedAfter'),
    inconsistent: total('inconsistent'),
  }
}

const cells = (row: RerateRow): string[] => [
  row.model === '' ? row.provider : `${row.provider}:${row.model}`,
  String(row.calls),
  formatCost(Number(row.before)),
  formatCost(Number(row.after)),
  signed(row.after - row.before),
  String(row.changed),
  [
    row.unpricedBefore > 0 && `${row.unpricedBefore} were charged without a known price`,
    row.unpricedAfter > 0 && `${row.unpricedAfter} have no known price today`,
    row.inconsistent > 0 && `${row.inconsistent} do not follow from the price they name`,
  ]
    .filter(Boolean)
    .join(', '),
]

const signed = (nano: bigint): string => (nano < 0n ? `-${formatCost(-Number(nano))}` : formatCost(Number(nano)))
