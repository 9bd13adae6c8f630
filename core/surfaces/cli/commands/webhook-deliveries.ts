import type { Command } from 'commander'
import type { Delivery } from '../../../services/alerts/alerts.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson, printTable } from '../output.ts'

export function webhookDeliveries(webhook: Command): void {
  withCommonOptions(webhook.command('deliveries').description('What became of the latest 100 events'))
    .argument('[id]', 'of one endpoint only')
    .action(async (id: string | undefined, options: CommonOptions) => {
      await using plugboard = await openPlugboard(options)
      const deliveries = plugboard.webhooks.deliveries({ webhookId: id })
      if (options.json) return printJson(deliveries)
      printTable(['AT', 'EVENT', 'TYPE', 'WEBHOOK', 'STATE', 'ATTEMPTS', 'LAST ERROR'], deliveries.map(row))
    })
}

const row = ({ createdAt, eventId, type, webhookId, state, nextAt, attempts, lastError }: Delivery): string[] => [
  new Date(createdAt).toISOString(),
  eventId,
  type,
  webhookId,
  nextAt === null || attempts === 0 ? state : `${state}, next at ${new Date(nextAt).toISOString()}`,
  String(attempts),
  lastError ?? '',
]
