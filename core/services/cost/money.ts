/** Whole nano-dollars: 1 USD = 1,000,000,000. Safe as a number up to nine million dollars. */
export type Nano = number

const NANO_DIGITS = 9
const MILLION = 1_000_000

/** Reads decimal dollars ("2.50") exactly. Throws RangeError on anything finer than a nano-dollar. */
export function nanoFromDecimal(text: string): Nano {
  const match = /^(\d{1,9})(?:\.(\d+))?$/.exec(text)
  const fraction = match?.[2] ?? ''
  if (match?.[1] === undefined || fraction.length > NANO_DIGITS)
    throw new RangeError(`"${text}" is not an amount in dollars with at most ${NANO_DIGITS} decimals`)
  const nano = Number(match[1] + fraction.padEnd(NANO_DIGITS, '0'))
  if (!Number.isSafeInteger(nano)) throw new RangeError(`"${text}" is too large an amount`)
  return nano
}

/** Exact cost of tokens at nano-dollars per million tokens, rounded half up to the nano-dollar. */
export function nanoForTokens(tokens: number, perMillion: Nano): Nano {
  const product = tokens * perMillion
  if (!Number.isSafeInteger(product)) return Number((BigInt(tokens) * BigInt(perMillion) + 500_000n) / 1_000_000n)
  const rest = product % MILLION
  const whole = (product - rest) / MILLION
  return rest >= MILLION / 2 ? whole + 1 : whole
}

/** Dollars for display and JSON: the double nearest to the exact amount, which prints as that amount. */
export const dollars = (nano: Nano): number => nano / 1e9
