/** The value that a share (0 to 1) of all values does not exceed; between two values, in proportion. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}

export interface Spread {
  readonly q1: number
  readonly median: number
  readonly q3: number
}

export const spread = (values: readonly number[]): Spread => ({
  q1: percentile(values, 0.25),
  median: percentile(values, 0.5),
  q3: percentile(values, 0.75),
})
