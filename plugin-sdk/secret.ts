import { inspect } from 'node:util'

/**
 * A credential that does not become text by accident: logging, JSON, string concatenation and inspection all
 * give a mask. Only `reveal()` gives the value, and only code that sends it should call that.
 */
export class Secret {
  #value: string | (() => string)

  /** A function is asked once, when the value is first needed; what it throws, the asker gets. */
  constructor(value: string | (() => string)) {
    this.#value = value
  }

  reveal(): string {
    if (typeof this.#value === 'function') this.#value = this.#value()
    return this.#value
  }

  /** Enough to tell two keys apart, too little to use: `sk-...vX2Q`. Short secrets show nothing. */
  get masked(): string {
    const value = this.reveal()
    if (value.length < 16) return '...'
    const prefix = /^[A-Za-z]{2,5}[-_]/.exec(value)?.[0] ?? ''
    return `${prefix}...${value.slice(-4)}`
  }

  toString(): string {
    return this.masked
  }

  toJSON(): string {
    return this.masked
  }

  [inspect.custom](): string {
    return `Secret(${this.masked})`
  }
}

/** Replaces every occurrence of the secrets in a text, for bodies that a provider echoes back. */
export function redact(text: string, secrets: Iterable<Secret>): string {
  let clean = text
  for (const secret of secrets) {
    const value = secret.reveal()
    if (value.length > 0) clean = clean.replaceAll(value, secret.masked)
  }
  return clean
}
