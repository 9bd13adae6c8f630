import type { PricedRequest } from './dearest-usages.ts'

/** Whether a request asks its provider anywhere to keep cache entries for an hour (`ttl: "1h"`). */
export function asksForLongCache({ context, options, wire }: PricedRequest): boolean {
  const { messages, tools = [] } = context
  const words: unknown[] = [options.providerOptions, wire?.fields, ...tools.map((tool) => tool.providerMetadata)]
  for (const { content, providerMetadata } of messages) {
    words.push(providerMetadata)
    if (typeof content === 'string') continue
    for (const part of content) words.push(part.type === 'opaque' ? part.value : part.providerMetadata)
  }
  return words.some((word) => word !== undefined && JSON.stringify(word).includes('"1h"'))
}
