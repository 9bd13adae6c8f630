import type { Model } from '../../provider.ts'

/** How one host or model differs. Set in a manifest under `compat`, for a provider or for one of its models. */
export interface GoogleCompat {
  /**
   * How an amount of thinking is asked for: `budget` sends `thinkingBudget` (Gemini 2.5; Gemini 3 still takes it),
   * `level` sends `thinkingLevel` (Gemini 3 and later). Both at once is an error there. Default `budget`.
   */
  readonly thinking: 'budget' | 'level'
  /**
   * Where schemas go: `jsonSchema` uses `parametersJsonSchema` and `responseJsonSchema`; `openapi` uses `parameters` and
   * `responseSchema`, reduced to Google's subset of OpenAPI, for hosts that know only those. Default `jsonSchema`.
   */
  readonly schemas: 'jsonSchema' | 'openapi'
  /** Sends `id` with function calls and responses. False for hosts that match them by name and order. Default true. */
  readonly toolCallIds: boolean
  /**
   * Where images of a tool result go: `nested` puts them inside the function response (Gemini 3 and later), `separate`
   * into a user turn after all results of the turn. Default `separate`.
   */
  readonly toolResultImages: 'nested' | 'separate'
  /**
   * The model refuses a function call without a thought signature (Gemini 3 and later). A call that another model made
   * then carries the signature Google documents for that case. Default false.
   */
  readonly requiresToolCallSignature: boolean
  /** The host fetches images by URL itself. When false they are left out, with a warning. Default true. */
  readonly imageUrls: boolean
}

const DEFAULTS: GoogleCompat = {
  thinking: 'budget',
  schemas: 'jsonSchema',
  toolCallIds: true,
  toolResultImages: 'separate',
  requiresToolCallSignature: false,
  imageUrls: true,
}

export const compatOf = (declared: Readonly<Record<string, unknown>> | undefined, model: Model): GoogleCompat => ({
  ...DEFAULTS,
  ...declared,
  ...model.compat,
})
