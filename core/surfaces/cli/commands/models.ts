import type { Command } from 'commander'
import type { Model, Price } from '@plugboard/sdk'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson, printTable } from '../output.ts'

interface ModelsOptions extends CommonOptions {
  readonly all: boolean
  readonly capabilities: boolean
}

export function models(program: Command): void {
  withCommonOptions(program.command('models').description('List the models that can be called'))
    .option('--all', 'also those whose provider still needs a key', false)
    .option('--capabilities', 'what each model can do, as a matrix', false)
    .action(async (options: ModelsOptions) => {
      await using plugboard = await openPlugboard(options)
      const found = await plugboard.catalog.list({ all: options.all })
      if (options.json) printJson(found)
      else if (options.capabilities) printTable(['MODEL', ...ABILITIES.map(([name]) => name)], found.map(matrixRow))
      else printTable(['MODEL', 'CONTEXT', 'IN $/M', 'OUT $/M', 'ABILITIES'], found.map(row))
    })
}

const row = (model: Model): string[] => [
  `${model.provider}:${model.id}`,
  model.contextWindow === undefined ? '' : model.contextWindow.toLocaleString('en'),
  priceOf(model.price, 'input'),
  priceOf(model.price, 'output'),
  [model.tools && 'tools', model.input.includes('image') && 'vision', model.reasoning && 'reasoning']
    .filter(Boolean)
    .join(' '),
]

type Ability = readonly [name: string, has: (model: Model) => boolean]

const ABILITIES: readonly Ability[] = [
  ['tools', ({ tools }) => tools],
  ['vision', ({ input }) => input.includes('image')],
  ['audio', ({ input }) => input.includes('audio')],
  ['files', ({ input }) => input.includes('file')],
  ['reasoning', ({ reasoning }) => reasoning],
]

const matrixRow = (model: Model): string[] => [
  `${model.provider}:${model.id}`,
  ...ABILITIES.map(([, has]) => (has(model) ? 'yes' : '-')),
]

const priceOf = (price: Price | undefined, side: 'input' | 'output'): string =>
  price === undefined ? 'unknown' : price === 'free' ? 'free' : price[side]
