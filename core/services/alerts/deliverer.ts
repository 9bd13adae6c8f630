import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditLog } from '../audit/audit.ts'
import type { Clock } from '../clock/clock.ts'
import type { Logger } from '../logger/logger.ts'
import type { Store } from '../store/store.ts'
import type { Webhook } from './alerts.ts'
import { attempt, type Attempted, type AttemptParts } from './attempt.ts'
import type { Claimed, Outbox } from './outbox.ts'
import { delayAfter } from './schedule.ts'
import { StaleClaims } from './stale-claims.ts'
import type { WebhookTable } from './webhook-table.ts'

export interface DeliveryTimes {
  /** Milliseconds between two looks into the outbox, for events of other processes and for what is to be tried again. */
  readonly lookMs: number
  /** Milliseconds an endpoint has to answer. */
  readonly timeoutMs: number
  /** Milliseconds after which a claim that did not change is a dead process's; well above `timeoutMs`. */
  readonly staleMs: number
  /** Milliseconds that what is under way may take when the process ends. */
  readonly closeMs: number
}

export const DELIVERY_TIMES: DeliveryTimes = { lookMs: 500, timeoutMs: 15_000, staleMs: 30_000, closeMs: 3_000 }

/** An endpoint that is slow must not take all places. */
const MOST_AT_ONCE = 16
const MOST_PER_ENDPOINT = 4

const GONE = 410
const HOUR_MS = 3_600_000
/** Milliseconds that delivered rows are kept. */
const KEPT_MS = 30 * 24 * HOUR_MS

export interface DelivererParts {
  readonly store: Store
  readonly outbox: Outbox
  readonly table: WebhookTable
  readonly audit: AuditLog
  readonly clock: Clock
  readonly log: Logger
  readonly times: DeliveryTimes
  readonly attempts: AttemptParts
}

/**
 * Takes events out of the outbox and to their endpoints: at least once, in no order. A row is claimed before it is sent, so
 * that several processes share the work; what became of it is written afterwards. A process that dies in between leaves its
 * claim behind, and the row is sent again.
 */
export class Deliverer implements AsyncDisposable {
  readonly #parts: DelivererParts
  readonly #owner = `${process.pid}-${randomBytes(6).toString('hex')}`
  readonly #stale: StaleClaims
  readonly #underWay = new Map<Promise<void>, Claimed>()
  readonly #stop = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #lookAgain = false
  #claims = 0
  #forgotAt = Number.NEGATIVE_INFINITY

  constructor(parts: DelivererParts) {
    this.#parts = parts
    this.#stale = new StaleClaims(parts.clock, parts.times.staleMs)
  }

  start(): void {
    this.#timer ??= setInterval(() => this.look(), this.#parts.times.lookMs).unref()
    this.look()
  }

  /** Looks into the outbox now, or once more if it is just looking. Nothing before `start`. */
  look(): void {
    if (this.#timer === undefined) return
    if (this.#looking !== undefined) {
      this.#lookAgain = true
      return
    }
    this.#looking = this.#look()
      .catch((error: unknown) => this.#parts.log.error('the outbox of webhooks could not be looked into', { error }))
      .finally(() => {
        this.#looking = undefined
        if (this.#lookAgain) this.look()
      })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    await this.#looking
    const over = Promise.all(this.#underWay.keys())
    await Promise.race([over, sleep(this.#parts.times.closeMs, undefined, { ref: false })])
    this.#stop.abort(new Error('the process ends'))
    await over
  }

  async #look(): Promise<void> {
    const { outbox, clock } = this.#parts
    this.#lookAgain = false
    // One of this process that is not under way is one whose end could not be written.
    const mine = new Set([...this.#underWay.values()].map(({ claim }) => claim))
    const stale = this.#stale.among(outbox.claims().filter(({ claim }) => !mine.has(claim)))
    if (stale.length > 0) await this.#parts.store.write(() => stale.forEach((row) => outbox.free(row)))
    for (const webhookId of outbox.waiting(clock.now())) await this.#begin(webhookId)
    await this.#forget()
  }

  async #begin(webhookId: string): Promise<void> {
    const { store, outbox, table, clock } = this.#parts
    const here = [...this.#underWay.values()].filter((row) => row.webhookId === webhookId).length
    const room = Math.min(MOST_AT_ONCE - this.#underWay.size, MOST_PER_ENDPOINT - here)
    if (room <= 0) return
    const claim = `${this.#owner}.${++this.#claims}`
    const { webhook, rows } = await store.write(() => ({
      webhook: table.find(webhookId),
      rows: outbox.claim(webhookId, clock.now(), room, claim),
    }))
    if (webhook === undefined) return
    for (const row of rows) {
      const work = this.#deliver(webhook, row)
        .catch((error: unknown) => this.#parts.log.error('what became of a webhook could not be kept', { error }))
        .finally(() => {
          this.#underWay.delete(work)
          // There is room now, and there may be more that waits.
          this.look()
        })
      this.#underWay.set(work, row)
    }
  }

  async #deliver(webhook: Webhook, row: Claimed): Promise<void> {
    const { store, outbox, clock, attempts } = this.#parts
    const event = { id: row.eventId, body: row.payload }
    const result = await attempt(attempts, webhook, event, this.#stop.signal)
    if (result.delivered) await store.write(() => outbox.delivered(row, clock.now()))
    else if (this.#stop.signal.aborted) await store.write(() => outbox.free(row))
    else if (result.status === GONE) await this.#gone(webhook, row)
    else await this.#failed(row, result)
  }

  async #failed(row: Claimed, { error, retryAfterMs }: Attempted): Promise<void> {
    const { store, outbox, clock, log } = this.#parts
    const delayMs = delayAfter(row.attempts + 1, retryAfterMs)
    const reason = error ?? 'failed'
    await store.write(() => {
      if (delayMs === undefined) outbox.failed(row, clock.now(), reason)
      else outbox.again(row, delayMs, clock.now(), reason)
    })
    const details = { webhook: row.webhookId, event: row.eventId, type: row.type, attempts: row.attempts + 1, reason }
    if (delayMs === undefined) log.error('a webhook could not be delivered; no more attempts are made', details)
    else log.warn('a webhook could not be delivered yet', { ...details, againInMs: delayMs })
  }

  /** The endpoint wants no more. What waits for it is kept until it is enabled again, or removed. */
  async #gone({ id }: Webhook, row: Claimed): Promise<void> {
    const { store, outbox, table, audit, clock, log } = this.#parts
    await store.write(() => {
      table.disable(id, 'gone')
      outbox.again(row, 0, clock.now(), `answered ${GONE}`)
    })
    log.warn('a webhook answered 410 and is disabled', { webhook: id })
    await audit.record({ action: 'webhook_disabled', subject: id, actor: 'system', details: { reason: 'gone' } })
  }

  async #forget(): Promise<void> {
    const { store, outbox, clock } = this.#parts
    if (clock.monotonic() - this.#forgotAt < HOUR_MS) return
    this.#forgotAt = clock.monotonic()
    await store.write(() => outbox.forgetDelivered(clock.now() - KEPT_MS))
  }
}
