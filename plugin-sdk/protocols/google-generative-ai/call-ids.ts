const MAX_LENGTH = 64

/**
 * Ids of calls as this protocol takes them, each used once in a conversation: those of other providers may be longer,
 * hold other characters, or begin anew with each answer.
 */
export class CallIds {
  readonly #used = new Set<string>()
  readonly #latest = new Map<string, { readonly id: string; readonly name: string }>()

  call(original: string, name: string): string {
    const plain = sanitized(original)
    let id = plain
    for (let n = 2; this.#used.has(id); n++) id = `${plain.slice(0, MAX_LENGTH - 1 - String(n).length)}_${n}`
    this.#used.add(id)
    this.#latest.set(original, { id, name })
    return id
  }

  /** The latest call of that id. */
  answered(original: string): { readonly id: string; readonly name?: string } {
    return this.#latest.get(original) ?? { id: sanitized(original) }
  }
}

const sanitized = (id: string): string => id.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, MAX_LENGTH) || 'call'
