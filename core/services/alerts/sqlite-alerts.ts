import { Events, type Unsubscribe } from '../../kernel/events.ts'
import type { Clock } from '../clock/clock.ts'
import type { Logger } from '../logger/logger.ts'
import type { Store } from '../store/store.ts'
import type { Alert, AlertBody, AlertEvents, AlertType, Alerts } from './alerts.ts'
import { Outbox, newEventId } from './outbox.ts'

export class SqliteAlerts implements Alerts {
  readonly #outbox: Outbox
  readonly #clock: Clock
  readonly #events: Events<AlertEvents>

  constructor(store: Store, clock: Clock, log: Logger) {
    this.#outbox = new Outbox(store.db)
    this.#clock = clock
    this.#events = new Events((error, event) => log.error(`a listener of "${event}" failed`, { error }))
  }

  put(body: AlertBody): Alert {
    const now = this.#clock.now()
    const alert: Alert = { ...body, id: newEventId(), timestamp: new Date(now).toISOString() }
    this.#outbox.put(alert, now)
    return alert
  }

  announce(alerts: readonly Alert[]): void {
    for (const alert of alerts) this.#events.emit(alert.type, alert as AlertEvents[typeof alert.type])
  }

  on<T extends AlertType>(type: T, listener: (alert: Alert<T>) => void): Unsubscribe {
    return this.#events.on(type, listener as (alert: AlertEvents[T]) => void)
  }
}
