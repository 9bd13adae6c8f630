import { describe, expect, test } from 'vitest'
import { normalForm } from './normal-form.ts'
import { present, recordings } from './recordings.ts'
import { relay, type Json } from './support.ts'

/** Request bodies above 30,000 characters are stored cut, as text that is no JSON any more. */
const sent = recordings.flatMap(({ file, request }) =>
  typeof request === 'object' && request !== null ? [{ file, body: request as Json }] : [],
)

describe.skipIf(!present)('recorded requests to Anthropic', () => {
  test('every one reaches a provider of the same protocol with the same meaning', () => {
    const seen = { requests: 0, messages: 0, tools: 0, thinking: 0 }
    for (const { file, body } of sent) {
      const { body: relayed, warnings } = relay(body)
      expect({ file, warnings, body: normalForm({ ...relayed, model: body['model'] }) }).toEqual({
        file,
        warnings: [],
        body: normalForm(body),
      })
      seen.requests++
      seen.messages += (body['messages'] as unknown[]).length
      seen.tools += (body['tools'] as unknown[] | undefined)?.length ?? 0
      seen.thinking += 'thinking' in body ? 1 : 0
    }
    console.log('anthropic requests:', JSON.stringify(seen))
    expect(seen.requests).toBeGreaterThan(80)
  })
})
