import { afterAll, describe, expect, it } from 'vitest'
import type { ToolCall } from '../../../plugin-sdk/index.ts'
import { call, modelOf } from './support/call.ts'
import { sendEvents, sendJson } from './support/host.ts'
import { readRecording } from './support/naive-reader.ts'
import { hasRecordings, recordings } from './support/recordings.ts'

/** How the recorded hosts differ, as their manifests would say it. */
const COMPAT: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  snowflake: { supportsFinishReason: false },
  google: { usageTotalIsTruth: true },
}

/** Recordings that are failures, and why they have to be. */
const FAILURES: Readonly<Record<string, { readonly class: string; readonly why: string }>> = {
  'llm/openai/openai-chat/stream__test_tools_streaming_variant_b.0.json': {
    class: 'network',
    why: 'OpenRouter passed on a stream of Novita that never gave a finish_reason',
  },
  'openllmetry/azure/openai-chat/test_prompt_content_filtering.0.json': {
    class: 'content_filter',
    why: 'an error object with status 200',
  },
  'pydantic-ai/groq/openai-chat/stream__test_tool_use_failed_error_streaming_with_text.0.json': {
    class: 'invalid_request',
    why: 'event: error with status_code 400 inside the stream',
  },
  'pydantic-ai/openrouter/openai-chat/stream__test_openrouter_stream_error.0.json': {
    class: 'invalid_request',
    why: 'an error chunk with code 400 behind two finish_reason chunks',
  },
  'pydantic-ai/pydantic-gateway/openai-chat/test_text_response.0.json': {
    class: 'server',
    why: 'the recorded server answers with plain text',
  },
  'vercel-ai/openai/chat/reasoning-model-legacy-parameter-error.json': {
    class: 'invalid_request',
    why: 'the body of an error, recorded without its status',
  },
}

const chosen = recordings(({ api }) => api === 'openai-chat').filter(({ status }) => status === 200)
const passed = new Map<string, number>()

describe.skipIf(!hasRecordings)('recorded answers of OpenAI-compatible hosts', () => {
  afterAll(() => {
    const counts = [...passed].toSorted(([a], [b]) => a.localeCompare(b)).map(([name, count]) => `${name} ${count}`)
    console.log(`openai-chat recordings that agree: ${counts.join(', ')}`)
  })

  it.each(chosen)('$file is told as it was recorded', async ({ file, provider, isStream, body }) => {
    const told = await call(
      isStream ? sendEvents(body) : sendJson(body),
      { stream: isStream, model: modelOf() },
      { compat: COMPAT[provider] ?? {} },
    )
    const failure = FAILURES[file]
    if (failure !== undefined) {
      expect(told.error?.class).toBe(failure.class)
      return
    }
    expect(told.error).toBeUndefined()
    const wanted = readRecording(body, isStream)
    const calls = told.content.filter((part): part is ToolCall => part.type === 'toolCall')
    expect(told.text).toBe(wanted.text)
    expect(told.content.map((part) => (part.type === 'thinking' ? part.thinking : '')).join('')).toBe(wanted.thinking)
    expect(calls.map(({ name, arguments: args }) => ({ name, args }))).toEqual(wanted.calls)
    expect(told.finish?.rawReason).toBe(wanted.reason)
    expect(told.finish?.usage?.totalTokens).toBe(wanted.total)
    // Whatever a host leaves out of its completion tokens has to be in our output, or it would cost nothing.
    const { totalTokens = 0, output = 0 } = told.finish?.usage ?? {}
    expect(totalTokens - output).toBe(wanted.prompt)
    passed.set(provider, (passed.get(provider) ?? 0) + 1)
  })
})
