import type { Command } from 'commander'
import type { Webhook, Webhooks } from '../../../services/alerts/alerts.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson } from '../output.ts'

interface Change {
  readonly description: string
  readonly done: string
  readonly make: (webhooks: Webhooks, id: string) => Promise<Webhook>
}

const CHANGES: Readonly<Record<string, Change>> = {
  remove: {
    description: 'Remove an endpoint, and what waits for it',
    done: 'removed',
    make: (webhooks, id) => webhooks.remove(id, 'cli'),
  },
  enable: {
    description: 'Send to an endpoint again, also what has waited or had failed for good',
    done: 'enabled',
    make: (webhooks, id) => webhooks.enable(id, 'cli'),
  },
  disable: {
    description: 'Send nothing more to an endpoint; what waits is kept',
    done: 'disabled',
    make: (webhooks, id) => webhooks.disable(id, 'cli'),
  },
}

/** `webhook remove`, `enable` and `disable`. */
export function webhookChanges(webhook: Command): void {
  for (const [name, { description, done, make }] of Object.entries(CHANGES))
    withCommonOptions(webhook.command(name).description(description))
      .argument('<id>', 'as `webhook list` shows it')
      .action(async (id: string, options: CommonOptions) => {
        await using plugboard = await openPlugboard(options)
        const changed = await make(plugboard.webhooks, id)
        if (options.json) printJson(changed)
        else console.log(`${changed.id} is ${done}.`)
      })
}
