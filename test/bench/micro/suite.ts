/** One way to do a thing. `run` is called `iterations` times per round; what it returns is kept, so that V8 cannot drop it. */
export interface MicroCase {
  readonly name: string
  readonly iterations: number
  /** The case to compare with, when it is not that of the suite. */
  readonly baseline?: string
  /** May return a promise; it is then awaited. */
  readonly run: () => unknown
}

/** Ways to do the same thing, side by side. */
export interface MicroSuite {
  readonly name: string
  /** The case that those are compared with which name none. */
  readonly baseline: string
  readonly cases: readonly MicroCase[]
}
