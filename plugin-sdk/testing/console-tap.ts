type Level = (typeof LEVELS)[number]

const LEVELS = ['debug', 'log', 'info', 'warn', 'error'] as const

const taps = new Set<(args: readonly unknown[]) => void>()
let original: Readonly<Record<Level, typeof console.log>> | undefined

/** Hears all that is written to the console, which goes on being written. Several taps may overlap in any order. */
export function tapConsole(hear: (args: readonly unknown[]) => void): Disposable {
  taps.add(hear)
  if (original === undefined) {
    original = { debug: console.debug, log: console.log, info: console.info, warn: console.warn, error: console.error }
    for (const level of LEVELS) {
      const write = original[level]
      console[level] = (...args: unknown[]) => {
        for (const tap of taps) tap(args)
        write.apply(console, args)
      }
    }
  }
  return {
    [Symbol.dispose]() {
      taps.delete(hear)
      if (taps.size > 0 || original === undefined) return
      Object.assign(console, original)
      original = undefined
    },
  }
}
