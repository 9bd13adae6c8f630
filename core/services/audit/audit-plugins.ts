import type { Events, KernelEvents } from '../../kernel/events.ts'
import type { Logger } from '../logger/logger.ts'
import type { AuditAction, AuditLog } from './audit.ts'

/** Keeps what happens to plugins in the audit log, and says it to the operator. */
export function auditPlugins(events: Events<KernelEvents>, audit: AuditLog, log: Logger): void {
  const note = (action: AuditAction, subject: string, details: Readonly<Record<string, unknown>>): void => {
    audit
      .record({ action, subject, actor: 'system', details })
      .catch((error: unknown) => log.error('the audit log could not be written', { error }))
  }
  events.on('plugin:swapped', ({ id, from, to }) => {
    if (from === undefined) log.debug(`plugin "${id}" loaded`, { generation: to })
    else log.info(`plugin "${id}" replaced`, { from, to })
    note(from === undefined ? 'plugin_loaded' : 'plugin_reloaded', id, { from, to })
  })
  events.on('plugin:rejected', ({ id, serving, problem }) => {
    log.warn(`plugin "${id}" refused: ${problem.message}`, { code: problem.code, serving })
    note('plugin_failed', id, { code: problem.code, message: problem.message, serving })
  })
  events.on('plugin:unplugged', ({ id, from }) => {
    log.info(`plugin "${id}" unplugged`, { generation: from })
    note('plugin_removed', id, { from })
  })
}
