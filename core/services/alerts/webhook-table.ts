import { randomBytes } from 'node:crypto'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { Webhook, WebhookSpec } from './alerts.ts'

/** The rows of endpoints. Changes are rare: statements are made when they are needed. */
export class WebhookTable {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  all(): readonly Webhook[] {
    return this.#db.prepare('SELECT * FROM webhook ORDER BY created_at, id').all().map(webhookOf)
  }

  find(id: string): Webhook | undefined {
    const row = this.#db.prepare('SELECT * FROM webhook WHERE id = ?').get(id)
    return row === undefined ? undefined : webhookOf(row)
  }

  insert(webhook: Webhook): void {
    this.#db
      .prepare('INSERT INTO webhook (id, url, events, allow_private, created_at) VALUES (?, ?, ?, ?, ?)')
      .run(webhook.id, webhook.url, JSON.stringify(webhook.events), webhook.allowPrivate ? 1 : 0, webhook.createdAt)
  }

  /** What is kept for it in the outbox goes as well. */
  remove(id: string): Webhook | undefined {
    const row = this.#db.prepare('DELETE FROM webhook WHERE id = ? RETURNING *').get(id)
    return row === undefined ? undefined : webhookOf(row)
  }

  enable(id: string): Webhook | undefined {
    const row = this.#db
      .prepare('UPDATE webhook SET enabled = 1, disabled_reason = NULL WHERE id = ? RETURNING *')
      .get(id)
    return row === undefined ? undefined : webhookOf(row)
  }

  disable(id: string, reason: string): Webhook | undefined {
    const row = this.#db
      .prepare('UPDATE webhook SET enabled = 0, disabled_reason = ? WHERE id = ? RETURNING *')
      .get(reason, id)
    return row === undefined ? undefined : webhookOf(row)
  }
}

export const newWebhook = ({ url, events = ['*'], allowPrivate = false }: WebhookSpec, createdAt: number): Webhook => ({
  id: `wh_${randomBytes(8).toString('hex')}`,
  url,
  events,
  enabled: true,
  disabledReason: null,
  allowPrivate,
  createdAt,
})

const webhookOf = (row: Record<string, SQLOutputValue>): Webhook => ({
  id: String(row['id']),
  url: String(row['url']),
  events: JSON.parse(String(row['events'])) as Webhook['events'],
  enabled: row['enabled'] === 1,
  disabledReason: row['disabled_reason'] === null ? null : String(row['disabled_reason']),
  allowPrivate: row['allow_private'] === 1,
  createdAt: Number(row['created_at']),
})
