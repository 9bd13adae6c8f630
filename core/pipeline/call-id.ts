import { randomBytes } from 'node:crypto'

const process = randomBytes(6).toString('hex')
let last = 0
let count = 0
let prefix = ''

/**
 * An id that grows with time, is unique among processes, and costs no system call: milliseconds, a counter inside the
 * millisecond, and a random part of this process.
 */
export function callId(nowMs: number): string {
  // A clock that steps back must not make ids that sort before older ones.
  if (nowMs > last) {
    last = nowMs
    count = 0
    prefix = `req_${last.toString(36).padStart(9, '0')}`
  } else count++
  return prefix + count.toString(36).padStart(4, '0') + process
}
