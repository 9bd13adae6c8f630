import type { Command } from 'commander'
import { PlugboardError } from '@plugboard/sdk'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson } from '../output.ts'

interface DefaultOptions extends CommonOptions {
  readonly reset: boolean
}

export function modelsDefault(models: Command): void {
  withCommonOptions(
    models
      .command('default')
      .description('Show or choose the model that is used when none is named; servers notice at once'),
  )
    .argument('[model]', 'for example openai:gpt-4o; without it, the default is shown')
    .option('--reset', 'take the choice back: the first provider with a key decides', false)
    .action(async (name: string | undefined, options: DefaultOptions) => {
      if (name !== undefined && options.reset)
        throw new PlugboardError('MODEL_INVALID', 'A model and --reset cannot be given together.', {
          hint: 'Give one of them.',
        })
      await using plugboard = await openPlugboard(options)
      if (name !== undefined || options.reset) await plugboard.setDefaultModel(name, 'cli')
      const model = plugboard.defaultModel ?? null
      if (options.json) printJson({ model })
      else console.log(model ?? 'There is no default model: no provider with a key names one.')
    })
}
