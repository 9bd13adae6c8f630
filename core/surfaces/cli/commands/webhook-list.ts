import type { Command } from 'commander'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson, printTable } from '../output.ts'

export function webhookList(webhook: Command): void {
  withCommonOptions(webhook.command('list').description('List endpoints that alerts are sent to')).action(
    async (options: CommonOptions) => {
      await using plugboard = await openPlugboard(options)
      const webhooks = plugboard.webhooks.list()
      if (options.json) return printJson(webhooks)
      printTable(
        ['WEBHOOK', 'EVENTS', 'STATE', 'URL'],
        webhooks.map(({ id, events, enabled, disabledReason, url }) => [
          id,
          events.join(', '),
          enabled ? 'enabled' : `disabled (${disabledReason})`,
          url,
        ]),
      )
    },
  )
}
