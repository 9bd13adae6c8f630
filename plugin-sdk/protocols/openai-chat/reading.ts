import { ProviderError, type ErrorClass } from '../../errors.ts'
import type { FinishEvent, StartEvent } from '../../events.ts'
import type { Usage, Warning } from '../../messages.ts'
import type { OpenAIChatCompat } from './compat.ts'
import { isObject, textOf, type JsonObject } from './json.ts'
import { readUsage } from './usage.ts'

/** What must be known to read an answer. */
export interface Reading {
  readonly provider: string
  /** The model that was asked for. */
  readonly model: string
  readonly compat: OpenAIChatCompat
  readonly warnings: readonly Warning[]
  /** Sorts an error that stood inside an answer with status 200. */
  failure(body: string): ProviderError
  /** For an answer that cannot be read. */
  garbled(text: string): ProviderError
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** `id` and `responseModel` are the answer's own. */
export function startOf(
  id: string | undefined,
  responseModel: string | undefined,
  { model, warnings }: Reading,
): StartEvent {
  const start: Writable<StartEvent> = { type: 'start' }
  if (id !== undefined) start.responseId = id
  if (responseModel !== undefined && responseModel !== model) start.responseModel = responseModel
  if (warnings.length > 0) start.warnings = warnings
  return start
}

export function finishOf(
  reason: FinishEvent['reason'],
  rawReason: string | undefined,
  usage: Usage | undefined,
): FinishEvent {
  const finish: Writable<FinishEvent> = { type: 'finish', reason }
  if (rawReason !== undefined) finish.rawReason = rawReason
  if (usage !== undefined) finish.usage = usage
  return finish
}

/** The token counts beside a choice, or undefined when there are none. */
export function usageIn(
  chunk: JsonObject,
  choice: JsonObject | undefined,
  compat: OpenAIChatCompat,
): Usage | undefined {
  const groq = isObject(chunk['x_groq']) ? chunk['x_groq']['usage'] : undefined
  return readUsage(chunk['usage'] ?? choice?.['usage'] ?? groq, compat)
}

/** An answer that came with status 200 and is none. */
export const broken = (
  { provider, model }: Reading,
  errorClass: ErrorClass,
  what: string,
  providerCode?: string,
): ProviderError =>
  new ProviderError(errorClass, `The answer of ${provider} ${what}`, {
    provider,
    model,
    ...(providerCode === undefined ? {} : { providerCode }),
    hint: 'What arrived is incomplete; ask again.',
  })

export const isError = (chunk: JsonObject): boolean =>
  hasContent(chunk['error']) ||
  chunk['object'] === 'error' ||
  (chunk['choices'] === undefined && (textOf(chunk['message']) ?? textOf(chunk['detail'])) !== undefined)

export const hasContent = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : isObject(value) ? Object.keys(value).length > 0 : Boolean(value)
