import type { PricedRequest } from './dearest-usages.ts'

/** Whether a request asks its provider anywhere to keep cache entries for an hour (`ttl: "1h"`). */
export function asksForLongCache({ context, options, wire }: PricedRequest): boolean {
  const { messages, tools } = context
  if (says(options.providerOptions) || says(wire?.fields)) return true
  if (tools?.some((tool) => says(tool.providerMetadata)) === true) return true
  return messages.some(
    ({ content, providerMetadata }) =>
      says(providerMetadata) ||
      (typeof content !== 'string' &&
        content.some((part) => says(part.type === 'opaque' ? part.value : part.providerMetadata))),
  )
}

const says = (words: unknown): boolean => words !== undefined && JSON.stringify(words).includes('"1h"')
