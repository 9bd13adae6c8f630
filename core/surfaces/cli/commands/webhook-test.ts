import type { Command } from 'commander'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson } from '../output.ts'

export function webhookTest(webhook: Command): void {
  withCommonOptions(
    webhook.command('test').description('Send an event of the type "test" now; exit code 1 when it does not arrive'),
  )
    .argument('<id>', 'as `webhook list` shows it')
    .action(async (id: string, options: CommonOptions) => {
      await using plugboard = await openPlugboard(options)
      const trial = await plugboard.webhooks.test(id)
      if (!trial.delivered) process.exitCode = 1
      if (options.json) return printJson(trial)
      const { delivered, status, error, durationMs } = trial
      console.log(delivered ? `Delivered: ${status} after ${durationMs} ms.` : `Not delivered: ${error}.`)
    })
}
