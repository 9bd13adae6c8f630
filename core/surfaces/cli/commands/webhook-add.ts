import type { Command } from 'commander'
import { ALERT_TYPES, type WebhookSpec } from '../../../services/alerts/alerts.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson } from '../output.ts'

interface AddOptions extends CommonOptions {
  readonly events?: string
  readonly allowPrivate?: boolean
}

export function webhookAdd(webhook: Command): void {
  withCommonOptions(
    webhook.command('add').description('Send alerts to an endpoint, signed; shows its secret, only this once'),
  )
    .argument('<url>', 'https URL that is posted to')
    .option('--events <types>', `comma-separated: ${ALERT_TYPES.join(', ')}, or * for all (default)`)
    .option('--allow-private', 'the endpoint may lie in a private network, and speak plain http')
    .action(async (url: string, { events, allowPrivate, ...options }: AddOptions) => {
      await using plugboard = await openPlugboard(options)
      // Names that are wrong are told by the service, with those that are right.
      const types = events?.split(',').map((type) => type.trim()) as WebhookSpec['events']
      const { webhook, secret } = await plugboard.webhooks.add({ url, events: types, allowPrivate }, 'cli')
      if (options.json) return printJson({ ...webhook, secret })
      console.log(`${webhook.id}: ${webhook.events.join(', ')} will be sent to ${webhook.url}.`)
      console.log(`\nThe secret to verify signatures with, shown only this once: ${secret}`)
    })
}
