/** Whole nano-dollars: 1 USD = 1,000,000,000. Safe as a number up to nine million dollars. */
export type Nano = number

const NANO_DIGITS = 9
const PERCENT_DIGITS = 4
const MILLION = 1_000_000n

/** Reads decimal dollars ("2.50") exactly. Throws RangeError on anything finer than a nano-dollar. */
export function nanoFromDecimal(text: string): Nano {
  const nano = scaled(text, NANO_DIGITS)
  if (nano === undefined)
    throw new RangeError(`"${text}" is not an amount in dollars with at most ${NANO_DIGITS} decimals`)
  if (!Number.isSafeInteger(nano)) throw new RangeError(`"${text}" is too large an amount`)
  return nano
}

/** The shortest decimal text of an amount: 2,500,000,000 is "2.5". */
export function decimalFromNano(nano: Nano): string {
  const digits = String(nano).padStart(NANO_DIGITS + 1, '0')
  const fraction = digits.slice(-NANO_DIGITS).replace(/0+$/, '')
  return digits.slice(0, -NANO_DIGITS) + (fraction === '' ? '' : `.${fraction}`)
}

/** What an amount is multiplied by, as an exact fraction. */
export interface Factor {
  readonly times: bigint
  readonly over: bigint
}

/** "7.5" is a factor of 1.075 as a mark-up. Throws RangeError on more than four decimals. */
export const markUp = (percent: string): Factor => ({ times: MILLION + millionths(percent), over: MILLION })

/** "50" is a factor of 0.5 as a discount. Throws RangeError on more than four decimals or more than 100. */
export function discount(percent: string): Factor {
  const off = millionths(percent)
  if (off > MILLION) throw new RangeError(`a discount of ${percent} % would pay the caller`)
  return { times: MILLION - off, over: MILLION }
}

function millionths(percent: string): bigint {
  const units = scaled(percent, PERCENT_DIGITS)
  if (units === undefined)
    throw new RangeError(`"${percent}" is not a percentage with at most ${PERCENT_DIGITS} decimals`)
  return BigInt(units)
}

function scaled(text: string, digits: number): number | undefined {
  const match = /^(\d{1,9})(?:\.(\d+))?$/.exec(text)
  const fraction = match?.[2] ?? ''
  if (match?.[1] === undefined || fraction.length > digits) return undefined
  return Number(match[1] + fraction.padEnd(digits, '0'))
}

/** Nano-dollars for a number of units, as a reduced fraction: exact whatever it was multiplied by. */
export interface Rate {
  readonly nano: bigint
  readonly per: bigint
  /** The same as numbers; infinite where a number is not exact. */
  readonly fastNano: number
  readonly fastPer: number
}

/** `nano` for `per` units, times the factors. */
export function rateOf(nano: Nano, per: number, factors: readonly Factor[] = []): Rate {
  const times = factors.reduce((product, factor) => product * factor.times, BigInt(nano))
  const over = factors.reduce((product, factor) => product * factor.over, BigInt(per))
  const common = greatestCommonDivisor(times, over)
  const rate = { nano: times / common, per: over / common }
  const fast = Number.isSafeInteger(Number(rate.per)) && Number.isSafeInteger(Number(rate.nano))
  return { ...rate, fastNano: fast ? Number(rate.nano) : Infinity, fastPer: fast ? Number(rate.per) : Infinity }
}

/** Exact cost of so many units, rounded half up to the nano-dollar once. `count` is a whole number from 0. */
export function nanoFor(count: number, { nano, per, fastNano, fastPer }: Rate): Nano {
  const product = count * fastNano
  if (!Number.isSafeInteger(product)) return Number((BigInt(count) * nano * 2n + per) / (per * 2n))
  const rest = product % fastPer
  const whole = (product - rest) / fastPer
  return rest * 2 >= fastPer ? whole + 1 : whole
}

/** Dollars for display and JSON: the double nearest to the exact amount, which prints as that amount. */
export const dollars = (nano: Nano): number => nano / 1e9

const CENT = 10_000_000n

/** Two decimals from a cent up; below it, all there are. Not for negative amounts. */
export function roundedDollars(nano: bigint): string {
  if (nano < CENT) return nano === 0n ? '0.00' : decimalFromNano(Number(nano))
  const cents = (nano + CENT / 2n) / CENT
  return `${(cents / 100n).toLocaleString('en')}.${String(cents % 100n).padStart(2, '0')}`
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b]
  return a
}
