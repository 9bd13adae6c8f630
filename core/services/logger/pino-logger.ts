import { createRequire } from 'node:module'
import type { Logger as Pino, pino as Make } from 'pino'
import type { Logger } from './logger.ts'

/** From the most talkative one on. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

export type LogLevel = (typeof LOG_LEVELS)[number]

/**
 * JSON lines on stderr, written asynchronously so that a request never waits for its log line. pino is loaded for the first
 * line: a gateway that has nothing to tell starts without it.
 */
export const createPinoLogger = (level: LogLevel): Logger => lazy(level, () => open(level))

function open(level: LogLevel): Pino {
  const { pino } = createRequire(import.meta.url)('pino') as { readonly pino: typeof Make }
  const destination = pino.destination({ dest: 2, sync: false })
  return pino({ level, base: null, serializers: { error: pino.stdSerializers.err } }, destination)
}

function lazy(level: LogLevel, make: () => Pino): Logger {
  let made: Pino | undefined
  const log = (): Pino => (made ??= make())
  const lines = (at: Exclude<LogLevel, 'silent'>): Logger['info'] =>
    LOG_LEVELS.indexOf(at) < LOG_LEVELS.indexOf(level)
      ? () => {}
      : (message, details) => log()[at](details ?? {}, message)
  return {
    debug: lines('debug'),
    info: lines('info'),
    warn: lines('warn'),
    error: lines('error'),
    child: (fields) => lazy(level, () => log().child(fields)),
  }
}
