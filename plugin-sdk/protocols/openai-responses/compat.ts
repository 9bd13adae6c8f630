import type { Model, ProviderDeclaration } from '../../provider.ts'

/** How one host or model differs. Set in a manifest under `compat`, for a provider or for one of its models. */
export interface ResponsesCompat {
  /** The first instruction goes into `instructions`. False (xAI): into a message at the start. Default true. */
  readonly supportsInstructions: boolean
  /** Instructions to models that reason have the role `developer`. False: `system`, for every model. Default true. */
  readonly supportsDeveloperRole: boolean
  /** Instructions may stand inside the conversation. False: they are added to the first one. Default true. */
  readonly supportsMidConvoSystemMessages: boolean
  /** Takes `strict` on tools and schemas. False: left out. Default true. */
  readonly supportsStrictMode: boolean
  /** Takes `max_output_tokens`. False (some gateways): left out, with a warning. Default true. */
  readonly supportsMaxOutputTokens: boolean
  /** The smallest `max_output_tokens` it takes; smaller limits are raised, with a warning. OpenAI: 16. Default 1. */
  readonly minOutputTokens: number
  /**
   * Takes `temperature` and `top_p`: `true`, `false` (most reasoning models answer 400), or `without-reasoning`: only while
   * the reasoning level is `off` (GPT-5.1 and later). Where not, they are left out, with a warning. Default true.
   */
  readonly supportsTemperature: boolean | 'without-reasoning'
  /** A reasoning model takes `reasoning.effort`. False: left out, with a warning. Default true. */
  readonly supportsReasoningEffort: boolean
  /** Takes `reasoning.summary`; without it most models tell nothing of their thoughts. Default true. */
  readonly supportsReasoningSummary: boolean
  /**
   * Gives a reasoning model's thoughts back encrypted, so that they can be sent again without being stored there. False:
   * `reasoning.encrypted_content` is not asked for. Default true.
   */
  readonly supportsEncryptedReasoning: boolean
  /** Text may stand between the tool calls of one turn. False (DeepSeek): the calls go last. Default true. */
  readonly supportsInterleavedToolCalls: boolean
  /** Takes `prompt_cache_retention` and `prompt_cache_options`. False (xAI): left out, with a warning. Default true. */
  readonly supportsLongCacheRetention: boolean
  /** Takes `prompt_cache_options.mode`. False: left out, with a warning. Default true. */
  readonly supportsExplicitPromptCacheMode: boolean
  /** `disabled`: a client's `prompt_cache_key` is left out, with a warning. Default `enabled`. */
  readonly promptCacheKeyMode: 'enabled' | 'disabled'
  /** Takes tools of type `custom` (free text, grammars). False: left out, with a warning. Default true. */
  readonly supportsOpenAIGrammarTools: boolean
  /** Takes the tool `tool_search`. False: left out, with a warning. Default true. */
  readonly supportsToolSearch: boolean
  /** Takes items of type `additional_tools`. False: left out, with a warning. Default true. */
  readonly supportsAdditionalTools: boolean
  /**
   * Headers that keep a conversation on one machine, filled from the client's `prompt_cache_key`: `openai` sends session_id,
   * x-client-request-id and x-session-affinity, `openai-nosession` the last two, `openrouter` x-session-id. Default `none`.
   */
  readonly sessionAffinityFormat: 'none' | 'openai' | 'openai-nosession' | 'openrouter'
}

const DEFAULTS: ResponsesCompat = {
  supportsInstructions: true,
  supportsDeveloperRole: true,
  supportsMidConvoSystemMessages: true,
  supportsStrictMode: true,
  supportsMaxOutputTokens: true,
  minOutputTokens: 1,
  supportsTemperature: true,
  supportsReasoningEffort: true,
  supportsReasoningSummary: true,
  supportsEncryptedReasoning: true,
  supportsInterleavedToolCalls: true,
  supportsLongCacheRetention: true,
  supportsExplicitPromptCacheMode: true,
  promptCacheKeyMode: 'enabled',
  supportsOpenAIGrammarTools: true,
  supportsToolSearch: true,
  supportsAdditionalTools: true,
  sessionAffinityFormat: 'none',
}

export const compatOf = (declared: ProviderDeclaration['compat'], model: Model): ResponsesCompat => ({
  ...DEFAULTS,
  ...declared,
  ...model.compat,
})
