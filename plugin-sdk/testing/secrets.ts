import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { isProviderError } from '../errors.ts'
import type { Exchange } from './host/upstream.ts'

/** A key that exists nowhere else, so that wherever it turns up it was carried there. */
export interface Canary {
  readonly key: string
  /** Whether the text holds the key, or a telling part of it. */
  isIn(text: string): boolean
  /** What a host can repeat of the key: nothing that it was not sent. */
  readonly heardBy: (exchange: Exchange) => string
}

/** Long enough for a mask to show its ends, which is no leak. */
export function createCanary(): Canary {
  const core = randomBytes(10).toString('hex')
  const key = `sk-kit-${randomBytes(4).toString('hex')}${core}${randomBytes(4).toString('hex')}`
  const isIn = (text: string): boolean => text.includes(core)
  return {
    key,
    isIn,
    heardBy: ({ headers, path, body }) => (isIn(JSON.stringify([headers, path, body])) ? key : 'no key'),
  }
}

/** All that a value may tell somebody who logs it. */
export function everythingIn(value: unknown): string {
  const seen = inspect(value, { depth: 12, maxArrayLength: null, maxStringLength: null })
  if (!(value instanceof Error)) return seen
  const { message, stack = '' } = value
  return [seen, message, stack, isProviderError(value) ? inspect(value.info, { depth: 6 }) : ''].join('\n')
}
