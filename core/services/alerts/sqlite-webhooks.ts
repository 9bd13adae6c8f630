import { PlugboardError, Secret, isPlugboardError } from '@plugboard/sdk'
import type { AuditAction, AuditLog } from '../audit/audit.ts'
import type { Clock } from '../clock/clock.ts'
import type { Logger } from '../logger/logger.ts'
import type { Store } from '../store/store.ts'
import type { Vault } from '../vault/vault.ts'
import {
  ALERT_TYPES,
  type Alerts,
  type Delivery,
  type DeliveryQuery,
  type NewWebhook,
  type Webhook,
  type WebhookSpec,
  type WebhookTrial,
  type Webhooks,
} from './alerts.ts'
import { attempt, type AttemptParts } from './attempt.ts'
import { DELIVERY_TIMES, Deliverer, type DeliveryTimes } from './deliverer.ts'
import { Outbox, newEventId } from './outbox.ts'
import { newSigningSecret } from './signature.ts'
import { checkedUrl, targetOf } from './target.ts'
import { WebhookTable, newWebhook } from './webhook-table.ts'

export interface WebhooksParts {
  readonly store: Store
  readonly vault: Vault
  readonly audit: AuditLog
  readonly clock: Clock
  readonly log: Logger
  readonly alerts: Alerts
  /** Named to the endpoints. */
  readonly version: string
  readonly times?: DeliveryTimes
}

export class SqliteWebhooks implements Webhooks, AsyncDisposable {
  readonly #parts: WebhooksParts
  readonly #outbox: Outbox
  readonly #table: WebhookTable
  readonly #attempts: AttemptParts
  readonly #deliverer: Deliverer
  readonly #unsubscribe: readonly (() => void)[]

  constructor(parts: WebhooksParts) {
    const { store, vault, clock, version, alerts, times = DELIVERY_TIMES } = parts
    this.#parts = parts
    this.#outbox = new Outbox(store.db)
    this.#table = new WebhookTable(store.db)
    this.#attempts = {
      now: () => clock.now(),
      version,
      timeoutMs: times.timeoutMs,
      secret: (id) => vault.get(secretName(id)) ?? missingSecret(id),
    }
    const [outbox, table, attempts] = [this.#outbox, this.#table, this.#attempts]
    this.#deliverer = new Deliverer({ ...parts, times, outbox, table, attempts })
    this.#unsubscribe = ALERT_TYPES.map((type) => alerts.on(type, () => this.#deliverer.look()))
  }

  deliver(): void {
    this.#deliverer.start()
  }

  async add(spec: WebhookSpec, actor = 'system'): Promise<NewWebhook> {
    const { store, vault, clock } = this.#parts
    checkEvents(spec)
    const { origin } = await reachable(spec)
    const webhook = newWebhook(spec, clock.now())
    const secret = newSigningSecret()
    // First, so that no endpoint is ever there without its secret.
    await vault.set(secretName(webhook.id), new Secret(secret))
    await store.write(() => this.#table.insert(webhook))
    // The path of a URL is often a secret.
    const { events, allowPrivate } = webhook
    await this.#note('webhook_added', webhook.id, actor, { origin, events, allowPrivate })
    return { webhook, secret }
  }

  list(): readonly Webhook[] {
    return this.#table.all()
  }

  async remove(id: string, actor = 'system'): Promise<Webhook> {
    const removed = (await this.#parts.store.write(() => this.#table.remove(id))) ?? unknown(id)
    await this.#parts.vault.remove(secretName(id))
    await this.#note('webhook_removed', id, actor, { origin: new URL(removed.url).origin })
    return removed
  }

  async enable(id: string, actor = 'system'): Promise<Webhook> {
    const { store, clock } = this.#parts
    const enabled = await store.write(() => {
      const found = this.#table.enable(id)
      if (found !== undefined) this.#outbox.restart(id, clock.now())
      return found
    })
    if (enabled === undefined) return unknown(id)
    await this.#note('webhook_enabled', id, actor, {})
    this.#deliverer.look()
    return enabled
  }

  async disable(id: string, actor = 'system'): Promise<Webhook> {
    const disabled = (await this.#parts.store.write(() => this.#table.disable(id, actor))) ?? unknown(id)
    await this.#note('webhook_disabled', id, actor, { reason: actor })
    return disabled
  }

  async test(id: string): Promise<WebhookTrial> {
    const webhook = this.#table.find(id) ?? unknown(id)
    const event = { type: 'test', id: newEventId(), timestamp: new Date(this.#parts.clock.now()) }
    const sent = { id: event.id, body: JSON.stringify(event) }
    const { delivered, status, error, durationMs } = await attempt(
      this.#attempts,
      webhook,
      sent,
      new AbortController().signal,
    )
    return { delivered, status, error, durationMs }
  }

  deliveries(query: DeliveryQuery = {}): readonly Delivery[] {
    return this.#outbox.list(query)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const leave of this.#unsubscribe) leave()
    await this.#deliverer[Symbol.asyncDispose]()
  }

  #note(
    action: AuditAction,
    subject: string,
    actor: string,
    details: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    return this.#parts.audit.record({ action, subject, actor, details })
  }
}

const secretName = (id: string): string => `webhook/${id}/secret`

/** A name that cannot be looked up just now is looked up before every attempt anyway. */
async function reachable({ url, allowPrivate = false }: WebhookSpec): Promise<URL> {
  const checked = checkedUrl(url, allowPrivate)
  try {
    await targetOf(url, allowPrivate)
  } catch (error) {
    if (isPlugboardError(error)) throw error
  }
  return checked
}

const KNOWN: readonly string[] = [...ALERT_TYPES, '*']

function checkEvents({ events = ['*'] }: WebhookSpec): void {
  const wrong = events.find((type) => !KNOWN.includes(type))
  if (wrong === undefined && events.length > 0) return
  throw new PlugboardError(
    'WEBHOOK_INVALID',
    wrong === undefined ? 'The webhook names no events.' : `"${wrong}" is no type of event.`,
    { hint: `Use some of: ${ALERT_TYPES.join(', ')}; or * for all.` },
  )
}

function unknown(id: string): never {
  throw new PlugboardError('WEBHOOK_UNKNOWN', `There is no webhook "${id}".`, {
    hint: '`plugboard webhook list` shows them.',
  })
}

function missingSecret(id: string): never {
  throw new PlugboardError('WEBHOOK_SECRET_MISSING', `The secret of the webhook ${id} is not in the vault.`, {
    hint: 'Remove the webhook and add it again.',
  })
}
