import type { ErrorClass } from './errors.ts'
import type { Batch, ProviderEvent } from './events.ts'
import type { Context } from './messages.ts'
import type { GenerationOptions, ReasoningLevel, WireFields } from './options.ts'

/** What a model's tokens cost. `free` is a price; a missing price is unknown, and never taken for zero. */
export type Price = 'free' | TokenPrice

/**
 * Dollars per million tokens as decimal text: money is never a float. A kind of tokens that has no price of its own is
 * billed at the default named.
 */
export interface TokenRates {
  readonly input: string
  readonly output: string
  /** Default: the input price. */
  readonly cacheRead?: string
  /** Default: the input price. */
  readonly cacheWrite?: string
  /** Cache entries that live an hour. Default: twice the input price, as the hosts that have them charge. */
  readonly cacheWrite1h?: string
  /** Default: the output price. */
  readonly reasoning?: string
  /** Default: the input price. */
  readonly audioInput?: string
  /** Default: the output price. */
  readonly audioOutput?: string
  /** Default: the input price. */
  readonly imageInput?: string
  /** Default: the output price. */
  readonly imageOutput?: string
}

/** Prices of large requests. A request of more than `above` tokens (cached ones included) is billed by them as a whole. */
export interface PriceTier extends Partial<TokenRates> {
  readonly above: number
}

/** What holds at one time. */
export interface PriceTerms extends TokenRates {
  /** Dollars per answered request, on top of its tokens. */
  readonly request?: string
  /** Percent off all tokens of a request that was sent as part of a provider's batch. */
  readonly batchDiscountPercent?: string
  /** A tier changes only the prices it names. */
  readonly tiers?: readonly PriceTier[]
}

/** Terms of their own for a time. All given limits must hold: from `from`, before `until`. */
export interface PricePeriod extends PriceTerms {
  /** ISO date (midnight UTC) or date and time. */
  readonly from?: string
  readonly until?: string
  /** Hours of every day in UTC, `HH:MM`; may pass midnight. */
  readonly daily?: { readonly from: string; readonly until: string }
}

export interface TokenPrice extends PriceTerms {
  /** The last one that holds at the time of a call replaces the terms beside it. */
  readonly periods?: readonly PricePeriod[]
}

export type Modality = 'text' | 'image' | 'audio' | 'file'

/** What a manifest, or a provider's own model list, says about one model. */
export interface ModelDeclaration {
  readonly id: string
  readonly name?: string
  /** Tokens a request and its answer may hold together. */
  readonly contextWindow?: number
  /** Tokens an answer may hold. */
  readonly maxTokens?: number
  readonly input?: readonly Modality[]
  /** Default true. */
  readonly tools?: boolean
  /** Thinks before it answers. Default false. */
  readonly reasoning?: boolean
  /** Its host holds answers to a JSON Schema. Left out: not known. */
  readonly structuredOutput?: boolean
  /** Its host runs the code it writes, when a request of the host's own protocol asks for that. Left out: not known. */
  readonly codeExecution?: boolean
  /** What to send for each level; `null` means the model cannot do it. A missing level is sent by its own name. */
  readonly reasoningLevels?: Partial<Readonly<Record<ReasoningLevel, string | null>>>
  readonly price?: Price
  /** Differences of this model from its provider's, merged over the provider's own. */
  readonly compat?: Readonly<Record<string, unknown>>
  /** ISO date after which the provider may refuse it. */
  readonly deprecated?: string
}

/** A model that can be called: a declaration with its provider's facts filled in. */
export interface Model extends ModelDeclaration {
  readonly provider: string
  /** The provider that `provider` is a further instance of, with a key of its own: what holds for that one's models holds here. */
  readonly instanceOf?: string
  readonly name: string
  /** The wire protocol, for example `openai-chat`, or `code` for a provider that speaks its own. */
  readonly api: string
  readonly baseUrl: string | undefined
  readonly input: readonly Modality[]
  readonly tools: boolean
  readonly reasoning: boolean
  /** No model answers: it is for trying things out. */
  readonly simulated?: true
}

export interface ProviderRequest {
  readonly model: Model
  readonly context: Context
  readonly options: GenerationOptions
  /** False: the caller wants the answer at once, so the provider may ask for it in one piece. */
  readonly stream: boolean
  readonly wire?: WireFields | undefined
}

/** The provider contract, version 1. Everything a caller can do with a provider goes through this. */
export interface Provider {
  readonly api: 1
  /**
   * Answers one request. Yields events one by one or in batches; throws a ProviderError when it fails. It must stop
   * soon after `signal` aborts, and release what it holds when its iterator is returned.
   */
  stream(request: ProviderRequest, signal: AbortSignal): AsyncIterable<ProviderEvent | Batch>
  /**
   * Its streams end at once when their iterator is returned, also while a read waits for the host. They are then stopped
   * in that way alone, with a `signal` that never aborts.
   */
  readonly stopsOnReturn?: boolean | undefined
  /** The models the provider offers right now. Without it, the manifest's list is all there is. */
  listModels?(signal: AbortSignal): Promise<readonly ModelDeclaration[]>
}

export type Auth =
  | { readonly type: 'bearer'; readonly env?: string; readonly optional?: boolean }
  | { readonly type: 'header'; readonly header: string; readonly env?: string; readonly optional?: boolean }
  | { readonly type: 'none' }

/** One entry of `contributes.providers` in a manifest. With a `protocol` it is a whole provider without code. */
export interface ProviderDeclaration {
  readonly id: string
  /** Version of the provider contract. */
  readonly api?: 1
  readonly name?: string
  readonly protocol?: string
  /** May hold `${config.key}`. */
  readonly baseUrl?: string
  readonly auth?: Auth
  /** Values may hold `${config.key}`; a header whose setting is empty is left out. */
  readonly headers?: Readonly<Record<string, string>>
  readonly models?: readonly ModelDeclaration[]
  /** Where the running server lists its models, relative to `baseUrl`. */
  readonly modelDiscovery?: { readonly path: string }
  /** A list that only a right key gets, relative to `baseUrl`, where the list of models is open to everybody. */
  readonly keyCheck?: { readonly path: string }
  /** No model answers: it is for trying things out, and recommended behind everything else. Default false. */
  readonly simulated?: boolean
  /** Passes on models it does not list when they are named with the provider (`id:model`). Their price is the provider's `price`, else the price book's. */
  readonly unlistedModels?: boolean
  /** False: its models are only found when they are named with the provider. Default true. */
  readonly bareNames?: boolean
  readonly defaultModel?: string
  /** Price of every model that names none. */
  readonly price?: Price
  readonly compat?: Readonly<Record<string, unknown>>
  readonly errors?: readonly ErrorRule[]
  /** What the plugin's code must know about this provider; only that code reads it. */
  readonly options?: Readonly<Record<string, unknown>>
}

/** Sorts one provider's own errors before the general rules do. Every given condition must hold. */
export interface ErrorRule {
  readonly status?: number
  readonly code?: string
  /** Part of the message, case-insensitive. */
  readonly match?: string
  readonly class: ErrorClass
  readonly retryable?: boolean
}
