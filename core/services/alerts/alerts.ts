import type { Unsubscribe } from '../../kernel/events.ts'
import { token } from '../../kernel/scope.ts'
import type { BudgetScope } from '../budget/budget.ts'

/** Dollars and tokens; `null` where there is no limit of that kind. */
interface AlertLimit {
  readonly cost: number | null
  readonly tokens: number | null
}

export interface AlertAmount {
  readonly cost: number
  readonly tokens: number
}

/** Which budget an alert is about, and where it stood. Costs are dollars, times ISO 8601 in UTC. */
export interface BudgetFacts {
  /** Whose budget it is; `null` where it is not that of a user or project. */
  readonly user_id: string | null
  readonly project_id: string | null
  /** What is spent in the window. */
  readonly current_cost: number
  readonly period: 'day' | 'month' | 'total'
  readonly budget_id: string
  readonly scope: BudgetScope
  readonly time_zone: string
  readonly limit: AlertLimit
  readonly spent: AlertAmount
  readonly held: AlertAmount
  /** `null` for a total, which has neither beginning nor end. */
  readonly window_start: string | null
  readonly window_end: string | null
  /** The call that brought it about. */
  readonly call_id: string
}

/** Spending reached the threshold of a budget: told once per window, whatever runs at once and in how many processes. */
export interface BudgetCostAlert extends BudgetFacts {
  readonly type: 'cost_alert'
  readonly kind: 'budget'
  /** Dollars at which it is told; `null` where only tokens are limited. */
  readonly threshold: number | null
  readonly threshold_tokens: number | null
}

/** One call cost as much as its request wanted to hear of. */
export interface RequestCostAlert {
  readonly type: 'cost_alert'
  readonly kind: 'request'
  readonly user_id: string | null
  readonly project_id: string | null
  /** What the call cost. */
  readonly current_cost: number
  readonly threshold: number
  readonly period: 'request'
  readonly call_id: string
  readonly tracking_id: string | null
  readonly key_id: string | null
  readonly provider: string
  readonly model: string
}

/**
 * The money is used up: a limit is reached, or a call that the whole budget could pay was refused because of what is spent.
 * Told once per window, and again after the limit was raised.
 */
export interface BudgetExhausted extends BudgetFacts {
  readonly type: 'budget_exhausted'
  /** What the refused call would have had to reserve; `null` when spending itself reached the limit. */
  readonly needed: AlertAmount | null
}

/** What can be told, by type. Another kind of event is one line here and one in `ALERT_TYPES`. */
interface AlertBodies {
  readonly cost_alert: BudgetCostAlert | RequestCostAlert
  readonly budget_exhausted: BudgetExhausted
}

export type AlertType = keyof AlertBodies

export const ALERT_TYPES = ['cost_alert', 'budget_exhausted'] as const satisfies AlertType[]

export type AlertBody = AlertBodies[AlertType]

/** An event as listeners and webhooks get it. */
export type Alert<T extends AlertType = AlertType> = AlertBodies[T] & {
  /** The same for every endpoint and at every attempt, so that whoever hears of it twice can tell. */
  readonly id: string
  /** When it came about, as ISO 8601 in UTC. */
  readonly timestamp: string
}

export type AlertEvents = { readonly [T in AlertType]: Alert<T> }

/** Tells what happened, to listeners in this process and through an outbox to webhooks. */
export interface Alerts {
  /**
   * Puts an event into the outbox of every endpoint that wants it. Belongs into a transaction of the store: the event is
   * kept if and only if all else in it is. Give what it returns to `announce` once that is committed.
   */
  put(body: AlertBody): Alert
  /** Tells listeners, and has delivery begin at once; without it the outbox is looked into within half a second. */
  announce(alerts: readonly Alert[]): void
  /** Hears of the events of this process. */
  on<T extends AlertType>(type: T, listener: (alert: Alert<T>) => void): Unsubscribe
}

export const Alerts = token<Alerts>('alerts')

/** Where events are sent to. */
export interface Webhook {
  readonly id: string
  readonly url: string
  /** Types of events; `*` stands for all, also those to come. */
  readonly events: readonly (AlertType | '*')[]
  readonly enabled: boolean
  /** Why it is not enabled: `gone` when the endpoint answered 410, else who disabled it. */
  readonly disabledReason: string | null
  /** It may lie in a private network, and speak HTTP without TLS. */
  readonly allowPrivate: boolean
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

export interface WebhookSpec {
  readonly url: string
  /** Default: all. */
  readonly events?: Webhook['events'] | undefined
  /** Default false. */
  readonly allowPrivate?: boolean | undefined
}

export interface NewWebhook {
  readonly webhook: Webhook
  /** `whsec_...`, by which the receiver verifies signatures. The only time it is seen. */
  readonly secret: string
}

/** What became of one event on its way to one endpoint. Times are milliseconds since 1970. */
export interface Delivery {
  readonly eventId: string
  readonly webhookId: string
  readonly type: string
  readonly state: 'pending' | 'delivered' | 'failed'
  readonly createdAt: number
  readonly attempts: number
  /** When it is tried next; `null` when it is over. */
  readonly nextAt: number | null
  readonly deliveredAt: number | null
  readonly failedAt: number | null
  readonly lastError: string | null
}

/** What an endpoint said to a trial. */
export interface WebhookTrial {
  readonly delivered: boolean
  /** The HTTP status; `null` when there was no answer. */
  readonly status: number | null
  readonly error: string | null
  readonly durationMs: number
}

export interface DeliveryQuery {
  readonly webhookId?: string | undefined
  /** Default 100. */
  readonly limit?: number | undefined
}

/** Endpoints that hear of events, signed as Standard Webhooks are. What is not there rejects with `WEBHOOK_UNKNOWN`. */
export interface Webhooks {
  /** Rejects with PlugboardError `WEBHOOK_INVALID` or `WEBHOOK_TARGET_REFUSED`. */
  add(spec: WebhookSpec, actor?: string): Promise<NewWebhook>
  list(): readonly Webhook[]
  /** What was not delivered yet is dropped. */
  remove(id: string, actor?: string): Promise<Webhook>
  /** Sends what has waited, and tries again what had failed for good. */
  enable(id: string, actor?: string): Promise<Webhook>
  /** New events are not kept for it; what is under way waits until it is enabled. */
  disable(id: string, actor?: string): Promise<Webhook>
  /** Sends an event of the type `test` at once, past the outbox. */
  test(id: string): Promise<WebhookTrial>
  /** Newest first. Delivered ones are kept for 30 days, failed ones until the endpoint is removed. */
  deliveries(query?: DeliveryQuery): readonly Delivery[]
  /** From now on this process delivers, also what others put into the outbox. */
  deliver(): void
}

export const Webhooks = token<Webhooks>('webhooks')
