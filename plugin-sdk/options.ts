/** How hard a model should think. `off` asks for no thinking; left out means the model's own default. */
export type ReasoningLevel = 'off' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly tool: string }

export type ResponseFormat =
  | { readonly type: 'text' }
  | {
      readonly type: 'json'
      /** JSON Schema of the answer; without it any JSON object is fine. */
      readonly schema?: Readonly<Record<string, unknown>>
      readonly name?: string
      readonly description?: string
      readonly strict?: boolean
    }

/** What a caller may ask of any model, in the same words for every provider. */
export interface GenerationOptions {
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  /** Upper limit of the answer in tokens, thinking included. */
  readonly maxTokens?: number
  readonly stop?: readonly string[]
  readonly seed?: number
  readonly presencePenalty?: number
  readonly frequencyPenalty?: number
  readonly toolChoice?: ToolChoice
  readonly parallelToolCalls?: boolean
  readonly responseFormat?: ResponseFormat
  readonly reasoning?: ReasoningLevel
  /** Names the end user to the provider's abuse detection. */
  readonly user?: string
  readonly metadata?: Readonly<Record<string, string>>
  /** Extra body fields for one provider, by provider id; they win over everything else in the body. */
  readonly providerOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly headers?: Readonly<Record<string, string>>
  /**
   * What becomes of a request that the model or its provider cannot do as asked. `warn`: it is done as well as it can be,
   * and the answer's `warnings` say what was left out or done otherwise. `error`: it fails with the class `unsupported`
   * before anything is sent. Default `warn`.
   */
  readonly unsupported?: 'warn' | 'error'
  /** Milliseconds until the provider's first byte. Default 300,000. From 5,000 on it may come up to a second late. */
  readonly timeoutMs?: number
  /** Milliseconds without a byte before a running answer counts as dead. Default 300,000, as exact as `timeoutMs`. */
  readonly idleTimeoutMs?: number
}

/** Fields of the caller's own protocol that have no unified name. A provider of the same protocol gets them as they came. */
export interface WireFields {
  readonly protocol: string
  readonly fields: Readonly<Record<string, unknown>>
  /** Those of `fields` without which the request means something else: a provider of another protocol must refuse it. */
  readonly required?: readonly string[]
  /**
   * What `options` and `context` say already, in the caller's own words: an exact budget where we have a level. Only a
   * provider of the same protocol reads it; unlike `fields`, another one loses nothing.
   */
  readonly exact?: Readonly<Record<string, unknown>>
}
