import { createHash } from 'node:crypto'
import type { OpenAIChatCompat } from './compat.ts'

type Format = OpenAIChatCompat['toolCallIdFormat']

const FORMATS: Readonly<Record<Exclude<Format, 'any'>, { readonly good: RegExp; readonly length: number }>> = {
  safe40: { good: /^[A-Za-z0-9_-]{1,40}$/, length: 40 },
  alnum9: { good: /^[A-Za-z0-9]{9}$/, length: 9 },
}

/**
 * Gives each tool call of one request an id that the host takes. The same conversation always gets the same ids, or a cached
 * prompt would no longer match; two different ids never become one.
 */
export function toolCallIds(format: Format): (id: string) => string {
  if (format === 'any') return (id) => id
  const { good, length } = FORMATS[format]
  const given = new Map<string, string>()
  const taken = new Set<string>()
  return (id) => {
    const known = given.get(id)
    if (known !== undefined) return known
    let fitting = id
    for (let attempt = 0; !good.test(fitting) || taken.has(fitting); attempt++)
      fitting = createHash('sha256').update(`${attempt}:${id}`).digest('hex').slice(0, length)
    given.set(id, fitting)
    taken.add(fitting)
    return fitting
  }
}
