import type { Context, GenerationOptions } from '@plugboard/sdk'

/** Whether a request asks its provider anywhere to keep cache entries for an hour (`ttl: "1h"`). */
export function asksForLongCache({ messages, tools = [] }: Context, { providerOptions }: GenerationOptions): boolean {
  const words: unknown[] = [providerOptions, ...tools.map((tool) => tool.providerMetadata)]
  for (const { content, providerMetadata } of messages) {
    words.push(providerMetadata)
    if (typeof content === 'string') continue
    for (const part of content) words.push(part.type === 'opaque' ? part.value : part.providerMetadata)
  }
  return words.some((word) => word !== undefined && JSON.stringify(word).includes('"1h"'))
}
