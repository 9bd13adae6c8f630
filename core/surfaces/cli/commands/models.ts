import type { Command } from 'commander'
import type { Model, Usage } from '@plugboard/sdk'
import { ABILITIES, capabilitiesOf } from '../../../services/capabilities/capabilities.ts'
import type { CostService } from '../../../services/cost/cost.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { formatAmount, printJson, printTable } from '../output.ts'

interface ModelsOptions extends CommonOptions {
  readonly all: boolean
  readonly capabilities: boolean
}

/** Options before a subcommand are this command's, those behind it the subcommand's. */
export const models = (program: Command): Command =>
  withCommonOptions(program.command('models').description('List the models that can be called'))
    .enablePositionalOptions()
    .option('--all', 'also those whose provider still needs a key', false)
    .option('--capabilities', 'what each model can do, as a matrix', false)
    .action(async (options: ModelsOptions) => {
      await using plugboard = await openPlugboard(options)
      const found = await plugboard.catalog.list({ all: options.all })
      if (options.json)
        printJson(found.map((model) => (options.capabilities ? matrix(model) : priced(model, plugboard.prices))))
      else if (options.capabilities)
        printTable(['MODEL', ...ABILITIES, 'context', 'answer', 'thinking levels'], found.map(matrixRow))
      else
        printTable(
          ['MODEL', 'CONTEXT', 'IN $/M', 'OUT $/M', 'ABILITIES'],
          found.map((model) => row(model, plugboard.prices)),
        )
    })

/** Few enough for the price of ordinary requests. */
const THOUSAND_EACH: Usage = { input: 1_000, output: 1_000, cacheRead: 0, cacheWrite: 0, totalTokens: 2_000 }

/** With the price that holds now in place of the declared one. */
function priced(model: Model, prices: CostService): object {
  const version = prices.priceOf?.(model)
  return { ...model, price: version?.price ?? null, priceFrom: version?.layer ?? null }
}

const row = (model: Model, prices: CostService): string[] => [
  `${model.provider}:${model.id}`,
  model.contextWindow === undefined ? '' : model.contextWindow.toLocaleString('en'),
  perMillion(prices, model, 'input'),
  perMillion(prices, model, 'output'),
  [model.tools && 'tools', model.input.includes('image') && 'vision', model.reasoning && 'reasoning']
    .filter(Boolean)
    .join(' '),
]

const matrix = (model: Model): object => ({ model: `${model.provider}:${model.id}`, ...capabilitiesOf(model) })

/** What nobody says is not shown as a no. */
function matrixRow(model: Model): string[] {
  const can = capabilitiesOf(model)
  const tokens = (count: number | null): string => (count === null ? '?' : count.toLocaleString('en'))
  return [
    `${model.provider}:${model.id}`,
    ...ABILITIES.map((ability) => (can[ability] === null ? '?' : can[ability] ? 'yes' : '-')),
    tokens(can.contextWindow),
    tokens(can.maxTokens),
    can.reasoningLevels.join(' '),
  ]
}

function perMillion(prices: CostService, model: Model, kind: 'input' | 'output'): string {
  if (prices.priceOf?.(model)?.price === 'free') return 'free'
  const nano = prices.costOf(model, THOUSAND_EACH)[kind]
  return nano === null ? 'unknown' : formatAmount(nano * 1_000)
}
