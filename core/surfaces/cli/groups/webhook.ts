import type { Command } from 'commander'
import { webhookAdd } from '../commands/webhook-add.ts'
import { webhookChanges } from '../commands/webhook-change.ts'
import { webhookDeliveries } from '../commands/webhook-deliveries.ts'
import { webhookList } from '../commands/webhook-list.ts'
import { webhookTest } from '../commands/webhook-test.ts'

export function webhook(program: Command): void {
  const webhook = program.command('webhook').description('Endpoints that hear of alerts')
  webhookAdd(webhook)
  webhookList(webhook)
  webhookChanges(webhook)
  webhookTest(webhook)
  webhookDeliveries(webhook)
}
