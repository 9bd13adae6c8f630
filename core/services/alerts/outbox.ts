import { randomBytes } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Alert, Delivery, DeliveryQuery } from './alerts.ts'

/** A row that this process has taken upon itself. */
export interface Claimed {
  readonly eventId: string
  readonly webhookId: string
  readonly claim: string
  readonly type: string
  readonly payload: string
  /** Attempts so far. */
  readonly attempts: number
}

/** A row that some process is working on. */
export type ClaimKey = Pick<Claimed, 'eventId' | 'webhookId' | 'claim'>

export const newEventId = (): string => `evt_${randomBytes(12).toString('hex')}`

/** A clock that was set back by less is waited for. */
const BACK_MS = 60_000

const OPEN = 'delivered_at IS NULL AND failed_at IS NULL'
/** The first attempt is always due; a later one when its time has come, or was decided in what is now the future. */
const DUE = `${OPEN} AND claim IS NULL AND (attempts = 0 OR next_at <= ?1 OR set_at > ?1 + ${BACK_MS})`

/**
 * The rows of events on their way. `put`, `claim` and what ends a claim belong into a transaction: so no two processes have
 * the same row, and a row is in an end state only when that is committed.
 */
export class Outbox {
  readonly #db: DatabaseSync
  readonly #put: StatementSync
  readonly #waiting: StatementSync
  readonly #claim: StatementSync
  readonly #claims: StatementSync
  readonly #free: StatementSync
  readonly #delivered: StatementSync
  readonly #again: StatementSync
  readonly #failed: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#put = db.prepare(`INSERT INTO webhook_delivery
      (event_id, webhook_id, type, payload, created_at, next_at, set_at) SELECT ?1, id, ?2, ?3, ?4, ?4, ?4 FROM webhook
      WHERE enabled = 1 AND EXISTS (SELECT 1 FROM json_each(events) WHERE value IN (?2, '*'))`)
    this.#waiting = db.prepare(`SELECT DISTINCT webhook_id FROM webhook_delivery JOIN webhook ON webhook.id = webhook_id
      WHERE enabled = 1 AND ${DUE}`)
    this.#claim = db.prepare(`UPDATE webhook_delivery SET claim = ?4 || '.' || event_id
      WHERE webhook_id = ?2 AND event_id IN
      (SELECT event_id FROM webhook_delivery WHERE webhook_id = ?2 AND ${DUE} ORDER BY next_at LIMIT ?3)
      AND EXISTS (SELECT 1 FROM webhook WHERE id = ?2 AND enabled = 1)
      RETURNING event_id, webhook_id, claim, type, payload, attempts`)
    this.#claims = db.prepare('SELECT event_id, webhook_id, claim FROM webhook_delivery WHERE claim IS NOT NULL')
    this.#free = db.prepare(
      'UPDATE webhook_delivery SET claim = NULL WHERE event_id = ? AND webhook_id = ? AND claim = ?',
    )
    this.#delivered = db.prepare(`UPDATE webhook_delivery SET claim = NULL, attempts = attempts + 1, last_error = NULL,
      delivered_at = ?, failed_at = NULL WHERE event_id = ? AND webhook_id = ? AND delivered_at IS NULL`)
    this.#again =
      db.prepare(`UPDATE webhook_delivery SET claim = NULL, attempts = ?, next_at = ?, set_at = ?, last_error = ?
      WHERE event_id = ? AND webhook_id = ? AND claim = ?`)
    this.#failed = db.prepare(`UPDATE webhook_delivery SET claim = NULL, attempts = ?, failed_at = ?, last_error = ?
      WHERE event_id = ? AND webhook_id = ? AND claim = ?`)
  }

  put(alert: Alert, now: number): void {
    this.#put.run(alert.id, alert.type, JSON.stringify(alert), now)
  }

  /** Endpoints that something is due for. */
  waiting(now: number): readonly string[] {
    return this.#waiting.all(now).map((row) => String(row['webhook_id']))
  }

  claim(webhookId: string, now: number, limit: number, claim: string): readonly Claimed[] {
    return this.#claim.all(now, webhookId, limit, claim).map((row) => ({
      ...keyOf(row),
      type: String(row['type']),
      payload: String(row['payload']),
      attempts: Number(row['attempts']),
    }))
  }

  /** What all processes are working on, or were when they died. */
  claims(): readonly ClaimKey[] {
    return this.#claims.all().map(keyOf)
  }

  /** Gives a row back as it was. Nothing when the claim is not that one any more. */
  free({ eventId, webhookId, claim }: ClaimKey): void {
    this.#free.run(eventId, webhookId, claim)
  }

  /** Also when the claim was lost meanwhile: it has arrived. */
  delivered({ eventId, webhookId }: Claimed, now: number): void {
    this.#delivered.run(now, eventId, webhookId)
  }

  again({ eventId, webhookId, claim, attempts }: Claimed, delayMs: number, now: number, error: string): void {
    this.#again.run(attempts + 1, now + delayMs, now, error, eventId, webhookId, claim)
  }

  failed({ eventId, webhookId, claim, attempts }: Claimed, now: number, error: string): void {
    this.#failed.run(attempts + 1, now, error, eventId, webhookId, claim)
  }

  /** Lets everything that has not arrived begin anew, also what had failed for good. */
  restart(webhookId: string, now: number): void {
    this.#db
      .prepare(
        `UPDATE webhook_delivery SET attempts = 0, next_at = ?1, set_at = ?1, failed_at = NULL
        WHERE webhook_id = ?2 AND delivered_at IS NULL`,
      )
      .run(now, webhookId)
  }

  forgetDelivered(before: number): void {
    this.#db.prepare('DELETE FROM webhook_delivery WHERE delivered_at < ?').run(before)
  }

  list({ webhookId, limit = 100 }: DeliveryQuery): readonly Delivery[] {
    const rows = this.#db
      .prepare(
        `SELECT * FROM webhook_delivery WHERE ?1 IS NULL OR webhook_id = ?1
        ORDER BY created_at DESC, event_id, webhook_id LIMIT ?2`,
      )
      .all(webhookId ?? null, limit)
    return rows.map((row) => {
      const at = (name: string): number | null => (row[name] === null ? null : Number(row[name]))
      const [deliveredAt, failedAt] = [at('delivered_at'), at('failed_at')]
      const state = deliveredAt !== null ? 'delivered' : failedAt !== null ? 'failed' : 'pending'
      return {
        eventId: String(row['event_id']),
        webhookId: String(row['webhook_id']),
        type: String(row['type']),
        state,
        createdAt: Number(row['created_at']),
        attempts: Number(row['attempts']),
        nextAt: state === 'pending' ? at('next_at') : null,
        deliveredAt,
        failedAt,
        lastError: row['last_error'] === null ? null : String(row['last_error']),
      }
    })
  }
}

const keyOf = (row: Readonly<Record<string, unknown>>): ClaimKey => ({
  eventId: String(row['event_id']),
  webhookId: String(row['webhook_id']),
  claim: String(row['claim']),
})
