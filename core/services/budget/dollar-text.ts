import type { Nano } from '../cost/money.ts'

/** `$0.0075`: exact, with at least two decimals. */
export function dollarText(nano: Nano): string {
  const digits = String(Math.abs(nano)).padStart(10, '0')
  const decimals = digits.slice(-9).replace(/0{1,7}$/, '')
  return `${nano < 0 ? '-' : ''}$${digits.slice(0, -9)}.${decimals}`
}
