import { objectsOf, parseJson, textOf, type JsonObject } from './json.ts'

/**
 * OpenRouter's `reasoning_details`: thoughts as a list of texts, summaries, signatures and encrypted data. They are
 * gathered here and go back whole, because a model that signed its thoughts refuses changed ones.
 */
export class ReasoningDetails {
  #entries: Record<string, unknown>[] = []

  /** The readable part of one delta's list. */
  textOf(list: unknown): string {
    let text = ''
    for (const detail of objectsOf(list)) text += textOf(detail['text']) ?? textOf(detail['summary']) ?? ''
    return text
  }

  /** Takes one delta's list. */
  add(list: unknown): void {
    for (const detail of objectsOf(list)) {
      const known = this.#entries.find(
        (entry) => entry['type'] === detail['type'] && entry['index'] === detail['index'] && continues(entry, detail),
      )
      if (known === undefined) this.#entries.push({ ...detail })
      else extend(known, detail)
    }
  }

  /** Whether there is something that the text alone does not tell. */
  get hasSecrets(): boolean {
    return this.#entries.some(
      (entry) => textOf(entry['signature']) !== undefined || textOf(entry['data']) !== undefined,
    )
  }

  /** All entries as text, or undefined when there are none; starts afresh. */
  take(): string | undefined {
    const entries = this.#entries
    this.#entries = []
    return entries.length === 0 ? undefined : JSON.stringify(entries)
  }
}

/** The entries in a signature made by `take`, or undefined when it is something else. */
export function readDetails(signature: string): readonly JsonObject[] | undefined {
  if (!signature.startsWith('[')) return undefined
  const entries = objectsOf(parseJson(signature))
  return entries.length === 0 ? undefined : entries
}

/** Encrypted thoughts come whole, so a second one with the same index is another thought. */
const continues = (entry: JsonObject, detail: JsonObject): boolean =>
  !(textOf(entry['data']) !== undefined && textOf(detail['data']) !== undefined)

function extend(entry: Record<string, unknown>, detail: JsonObject): void {
  for (const [name, value] of Object.entries(detail)) {
    if (value === null || value === undefined || value === '') continue
    const before = entry[name]
    entry[name] = GROWING.has(name) && typeof before === 'string' && typeof value === 'string' ? before + value : value
  }
}

const GROWING: ReadonlySet<string> = new Set(['text', 'summary'])
