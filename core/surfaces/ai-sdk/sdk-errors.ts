import type { LlmError } from '@plugboard/sdk'

/** Errors that the AI SDK recognises as its own: by a marker, not by their class. */
function sdkError(name: string, message: string, fields: object): Error {
  const markers = { [Symbol.for('vercel.ai.error')]: true, [Symbol.for(`vercel.ai.error.${name}`)]: true }
  return Object.assign(new Error(message), { name }, markers, fields)
}

/** Not to be retried: retry and fallback are over when it comes. `data` holds the whole error. */
export const callError = (error: LlmError, modelId: string): Error =>
  sdkError('AI_APICallError', error.hint === undefined ? error.message : `${error.message} ${error.hint}`, {
    url: `plugboard:${modelId}`,
    requestBodyValues: {},
    statusCode: error.status,
    responseHeaders: error.retryAfterMs === undefined ? {} : { 'retry-after-ms': String(error.retryAfterMs) },
    responseBody: error.body,
    isRetryable: false,
    data: error,
  })

export const noSuchModel = (modelId: string, modelType: string): Error =>
  sdkError('AI_NoSuchModelError', `Plugboard has no ${modelType} "${modelId}": it serves language models.`, {
    modelId,
    modelType,
  })

export const unsupported = (functionality: string): Error =>
  sdkError('AI_UnsupportedFunctionalityError', `Plugboard cannot pass on ${functionality}.`, { functionality })

/** What an aborted `fetch` rejects with, which is what the AI SDK looks for. */
export const abortError = (signal: AbortSignal): unknown =>
  signal.reason instanceof Error ? signal.reason : new DOMException('The call was aborted.', 'AbortError')
