import { statSync } from 'node:fs'
import type { Logger } from '../logger/logger.ts'

const LOOK_MS = 250

/**
 * Notices when the user's price file was changed, made or taken away, and takes it over once it has come to rest. Looks by
 * itself: a watch on the folder would wake up for every write of the database, and one on the file ends when an editor puts
 * a new file in its place. What was there when this was made counts as known.
 */
export class PriceFile implements Disposable {
  readonly #file: string
  readonly #log: Logger
  #known: string
  #before: string
  #timer: NodeJS.Timeout | undefined
  #busy = false

  constructor(file: string, log: Logger) {
    this.#file = file
    this.#log = log
    this.#known = this.#before = stateOf(file)
  }

  /** `reload` rejects when the file is broken; then the prices before stay until it changes again. */
  start(reload: () => Promise<void>): this {
    this.#timer ??= setInterval(() => void this.#look(reload), LOOK_MS).unref()
    return this
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  async #look(reload: () => Promise<void>): Promise<void> {
    const state = stateOf(this.#file)
    const rests = state === this.#before
    this.#before = state
    if (this.#busy || !rests || state === this.#known) return
    this.#known = state
    this.#busy = true
    try {
      await reload()
      this.#log.info('the changed prices hold from now on', { file: this.#file })
    } catch (error) {
      const { message, code } = error as { readonly message: string; readonly code?: string }
      this.#log.error(`the changed prices are not taken over, those from before stay: ${message}`, { code })
    } finally {
      this.#busy = false
    }
  }
}

/** Another text whenever the file is another one, or was written again. */
function stateOf(file: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true })
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}
