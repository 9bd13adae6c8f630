/** A list that grows, and a wait for a place in it to be filled. */
export interface Arrivals<T> {
  readonly list: readonly T[]
  add(item: T): void
  at(index: number): Promise<T>
}

export function createArrivals<T>(): Arrivals<T> {
  const list: T[] = []
  const waiting = new Map<number, PromiseWithResolvers<T>>()
  return {
    list,
    add(item) {
      waiting.get(list.length)?.resolve(item)
      list.push(item)
    },
    at(index) {
      const item = list[index]
      if (item !== undefined) return Promise.resolve(item)
      const place = waiting.get(index) ?? Promise.withResolvers<T>()
      waiting.set(index, place)
      return place.promise
    },
  }
}
