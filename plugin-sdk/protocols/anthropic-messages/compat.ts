import type { Model, ProviderDeclaration } from '../../provider.ts'

/** How one host or model differs. Set in a manifest under `compat`, for a provider or for one of its models. */
export interface AnthropicCompat {
  /** Value of the `anthropic-version` header. Default `2023-06-01`. */
  readonly version: string
  /** Values of the `anthropic-beta` header, sent with every request; a caller's own come after them. Default none. */
  readonly betas: readonly string[]
  /**
   * The model thinks as much as it needs: a reasoning level is sent as `thinking: adaptive` with `output_config.effort`,
   * because a token budget is refused (Claude 4.6 and later). Default false: `thinking: enabled` with a budget.
   */
  readonly forceAdaptiveThinking: boolean
  /**
   * Sent as `thinking.display`. Models that leave the text of their thoughts out by default need `summarized` to tell
   * them. Default: not sent.
   */
  readonly thinkingDisplay: 'summarized' | 'omitted' | undefined
  /**
   * The model takes `temperature`, `top_p` and `top_k`. False (Claude 4.7 and later, which answer 400): left out, with
   * a warning. Default true.
   */
  readonly supportsTemperature: boolean
  /** Thoughts that came without a signature go back with an empty one (Fireworks, Vercel's gateway). Default false. */
  readonly allowEmptySignature: boolean
  /**
   * Instructions inside the conversation may stay there as messages with the role `system` (Claude 4.8 and later).
   * Default false: they are added to the first instruction.
   */
  readonly supportsMidConvoSystemMessages: boolean
  /** Sends `strict` with a tool whose schema lies within the provider's subset. Default false. */
  readonly supportsStrictTools: boolean
  /**
   * Where the schema of a JSON answer goes: `output_config.format`, or the older `output_format` (needs a value in
   * `betas`). Default `none`: not sent, with a warning.
   */
  readonly structuredOutput: 'output_config' | 'output_format' | 'none'
  /** Tools may carry `cache_control`. False for hosts that refuse it there (Fireworks). Default true. */
  readonly supportsCacheControlOnTools: boolean
}

const DEFAULTS: AnthropicCompat = {
  version: '2023-06-01',
  betas: [],
  forceAdaptiveThinking: false,
  thinkingDisplay: undefined,
  supportsTemperature: true,
  allowEmptySignature: false,
  supportsMidConvoSystemMessages: false,
  supportsStrictTools: false,
  structuredOutput: 'none',
  supportsCacheControlOnTools: true,
}

export const compatOf = (declared: ProviderDeclaration['compat'], model?: Model): AnthropicCompat => ({
  ...DEFAULTS,
  ...declared,
  ...model?.compat,
})
