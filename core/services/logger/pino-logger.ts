import { pino, type Logger as Pino } from 'pino'
import type { Logger } from './logger.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** JSON lines on stderr, written asynchronously so that a request never waits for its log line. */
export function createPinoLogger(level: LogLevel): Logger {
  const destination = pino.destination({ dest: 2, sync: false })
  return wrap(pino({ level, base: null, serializers: { error: pino.stdSerializers.err } }, destination))
}

const wrap = (log: Pino): Logger => ({
  debug: (message, details) => log.debug(details ?? {}, message),
  info: (message, details) => log.info(details ?? {}, message),
  warn: (message, details) => log.warn(details ?? {}, message),
  error: (message, details) => log.error(details ?? {}, message),
  child: (fields) => wrap(log.child(fields)),
})
