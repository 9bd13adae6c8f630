/**
 * Ids of tool calls as this protocol takes them: letters, digits, `_` and `-`, at most 64, each used once in a
 * conversation. Other providers' ids may be longer, hold more, or begin anew with each answer.
 */
export class ToolIds {
  readonly #used = new Set<string>()
  readonly #current = new Map<string, string>()

  /** The id of the next call; results refer to the latest call of that name. */
  call(id: string): string {
    const plain = sanitized(id)
    let unique = plain
    for (let n = 2; this.#used.has(unique); n++) unique = `${plain.slice(0, MAX_LENGTH - 1 - `${n}`.length)}_${n}`
    this.#used.add(unique)
    this.#current.set(id, unique)
    return unique
  }

  result(id: string): string {
    return this.#current.get(id) ?? sanitized(id)
  }
}

const MAX_LENGTH = 64

const sanitized = (id: string): string => id.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, MAX_LENGTH) || 'call'
