import { roundedDollars } from '../cost/money.ts'
import type { Period } from '../budget/budget.ts'
import type { Projection } from './usage.ts'

/** One calendar day and what its calls cost, in nano-dollars. */
interface DayOfSpending {
  readonly nano: bigint
  /** 0 is Sunday. */
  readonly weekday: number
}

export interface ProjectionBasis {
  readonly timeZone: string
  readonly month: Period
  readonly now: number
  /** Nano-dollars of the month so far; `null` when there were calls and the price of none was known. */
  readonly spent: bigint | null
  readonly unpriced: number
  /** Full days before today, from the first call on, without gaps. */
  readonly days: readonly DayOfSpending[]
  readonly today: Period & { readonly weekday: number }
  /** Weekdays of the days that come after today in this month. */
  readonly ahead: readonly number[]
}

/** With fewer full days, one of them decides too much. */
const LEAST_DAYS = 3
/** So many that every weekday is there twice. */
const DAYS_FOR_WEEKDAYS = 14
/** Four of five draws from a normal distribution lie so many deviations around its mean. */
const DEVIATIONS = 1.28

/**
 * What is spent is exact; what is added is an estimate, rounded to whole nano-dollars. The mean and not the median, because a
 * few dear days are part of every bill.
 */
export function projection(basis: ProjectionBasis): Projection {
  const { timeZone, month, spent, unpriced, days } = basis
  const known = { timeZone, month, spent, unpriced, days: days.length }
  if (spent === null) return { ...known, ...nothing(NO_PRICES) }
  if (days.length < LEAST_DAYS) return { ...known, ...nothing(tooFew(days.length)) }
  const byWeekday = days.length >= DAYS_FOR_WEEKDAYS
  const usual = (weekday: number): number =>
    meanOf(days.filter((day) => !byWeekday || day.weekday === weekday).map(({ nano }) => Number(nano)))
  const { part, expected } = toCome(basis, usual)
  const off = DEVIATIONS * deviation(days, usual, byWeekday ? 7 : 1) * Math.sqrt(part + part ** 2 / days.length)
  const amount = spent + nonNegative(expected)
  return {
    ...known,
    amount,
    low: spent + nonNegative(expected - off),
    high: amount + nonNegative(off),
    why: null,
    method: byWeekday ? 'mean_weekday' : 'mean_day',
    text: `You're on track for $${roundedDollars(amount)} this month.`,
  }
}

const NO_PRICES = 'The price of no call of this month is known.'

function tooFew(days: number): string {
  const there = days === 0 ? 'There is no full day of calls' : `Full days of calls: ${days}`
  return `${there}; ${LEAST_DAYS} are needed to tell where the month is heading.`
}

const nothing = (why: string) => ({ amount: null, low: null, high: null, why, method: null, text: why })

/** What the rest of the month will likely cost, and how many days that rest is. */
function toCome(
  { today, now, ahead }: ProjectionBasis,
  usual: (weekday: number) => number,
): { readonly part: number; readonly expected: number } {
  const left = Math.min(1, Math.max(0, (today.end - now) / (today.end - today.start)))
  const expected = ahead.reduce((sum, weekday) => sum + usual(weekday), usual(today.weekday) * left)
  return { part: ahead.length + left, expected }
}

/** Of one day from what is usual for it. `means`: how many the usual was worked out as. */
function deviation(days: readonly DayOfSpending[], usual: (weekday: number) => number, means: number): number {
  const squares = days.reduce((sum, { nano, weekday }) => sum + (Number(nano) - usual(weekday)) ** 2, 0)
  return Math.sqrt(squares / (days.length - means))
}

const meanOf = (amounts: readonly number[]): number => amounts.reduce((sum, one) => sum + one, 0) / amounts.length

const nonNegative = (nano: number): bigint => BigInt(Math.max(0, Math.round(nano)))
