/** A place in a bag, for taking the item out again. */
export interface Slot<T> {
  readonly item: T
  at: number
}

/**
 * Items that come and go all the time, in no order. A Set would do, but V8 links each outgrown table of a Set to the next
 * one: once one of them is old, all that was ever in the set survives until the next full collection.
 */
export class Bag<T> {
  readonly #slots: Slot<T>[] = []

  get size(): number {
    return this.#slots.length
  }

  add(item: T): Slot<T> {
    const slot = { item, at: this.#slots.length }
    this.#slots.push(slot)
    return slot
  }

  /** Taking it out twice is the same as once. */
  remove(slot: Slot<T>): void {
    if (this.#slots[slot.at] !== slot) return
    const last = this.#slots.pop()
    if (last === undefined || last === slot) return
    this.#slots[slot.at] = last
    last.at = slot.at
  }

  /** A copy: items may leave while it is read. */
  get items(): T[] {
    return this.#slots.map(({ item }) => item)
  }
}
