/** A function of a number that is worked out once for each. */
export function remembered<T>(work: (size: number) => T): (size: number) => T {
  const known = new Map<number, T>()
  return (size) => {
    const before = known.get(size)
    if (before !== undefined) return before
    const made = work(size)
    known.set(size, made)
    return made
  }
}
