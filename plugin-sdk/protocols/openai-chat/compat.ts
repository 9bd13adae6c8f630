import type { Model, ProviderDeclaration } from '../../provider.ts'

/**
 * How one OpenAI-compatible host or model differs from the others. Set in a manifest under `compat`, for a provider or for
 * one of its models; nothing is ever guessed from an address.
 */
export interface OpenAIChatCompat {
  /**
   * Field that limits the answer. Default `max_tokens`, which every compatible host knows. OpenAI needs
   * `max_completion_tokens`: its reasoning models refuse the older name.
   */
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens'
  /** Reasoning models take their instructions in the role `developer` (OpenAI). Default false: `system`. */
  readonly supportsDeveloperRole: boolean
  /** Takes `stream_options`, to tell the token counts of a stream. False for Mistral, which sends them unasked. Default true. */
  readonly supportsUsageInStreaming: boolean
  /**
   * Streams end with a `finish_reason`. False (Snowflake Cortex): the end of the answer is then taken from `[DONE]` or the
   * token counts. Default true: a stream without it was cut.
   */
  readonly supportsFinishReason: boolean
  /** Tool messages must carry the tool's `name`. Default false. */
  readonly requiresToolResultName: boolean
  /** A user message may not follow a tool message (old Mistral hosts); an assistant message goes in between. Default false. */
  readonly requiresAssistantAfterToolResult: boolean
  /** Refuses `content: null` beside tool calls; `""` is sent. Default false. */
  readonly requiresNonNullAssistantContent: boolean
  /** Earlier thoughts go back as part of the text instead of in their own field. Default false. */
  readonly requiresThinkingAsText: boolean
  /** Reasoning models want `reasoning_content` on every assistant message, empty if need be (DeepSeek, Kimi). Default false. */
  readonly requiresReasoningContentOnAssistantMessages: boolean
  /**
   * How a reasoning level is asked for. Default `openai`.
   * - `openai`: `reasoning_effort`, with `none` for off
   * - `openrouter`: `reasoning: { effort }`
   * - `deepseek`: `thinking: { type: enabled | disabled }`, and `reasoning_effort` where supported
   * - `zai`: as `deepseek`, and thoughts of earlier turns are kept
   * - `qwen`: `enable_thinking`, and `reasoning_effort` where supported
   * - `chat-template`: `chat_template_kwargs: { [thinkingTemplateKey]: true | false }` (vLLM, SGLang)
   * - `together`: `reasoning: { enabled }`, and `reasoning_effort` where supported
   * - `string-thinking`: `thinking: "<level>"`
   * - `none`: the host has no such field
   */
  readonly thinkingFormat:
    | 'openai'
    | 'openrouter'
    | 'deepseek'
    | 'zai'
    | 'qwen'
    | 'chat-template'
    | 'together'
    | 'string-thinking'
    | 'none'
  /** Name of the chat template's switch, for `thinkingFormat: chat-template`. Default `enable_thinking`. */
  readonly thinkingTemplateKey: string
  /** Takes `reasoning_effort` where `thinkingFormat` sends it beside a switch. Default true. */
  readonly supportsReasoningEffort: boolean
  /** Takes `strict` in tool definitions. Default false. */
  readonly supportsStrictMode: boolean
  /**
   * How JSON answers can be asked for. `json_object` (DeepSeek, Moonshot): a schema is told in the instructions instead.
   * `none`: not at all. Default `json_schema`.
   */
  readonly structuredOutput: 'json_schema' | 'json_object' | 'none'
  /**
   * Ids of tool calls that came from elsewhere. `safe40`: letters, digits, `_` and `-`, at most 40 (OpenAI). `alnum9`:
   * exactly 9 letters and digits (Mistral). Others are replaced by a hash. Default `any`: sent as they are, because some
   * models (Kimi) read their own ids again.
   */
  readonly toolCallIdFormat: 'any' | 'safe40' | 'alnum9'
  /** The word for "must call a tool". `unsupported`: `auto` is sent, with a warning. Default `required`. */
  readonly toolChoiceRequired: 'required' | 'any' | 'unsupported'
  /** Default `seed`; Mistral says `random_seed`. */
  readonly seedField: 'seed' | 'random_seed'
  /**
   * `completion_tokens` leaves out reasoning even where the total does not show it. Default false: reasoning is added only
   * when prompt + completion + reasoning make the total (xAI).
   */
  readonly outputExcludesReasoning: boolean
  /** Output is the total less the prompt, because thoughts are counted nowhere else (Gemini's endpoint). Default false. */
  readonly usageTotalIsTruth: boolean
  /**
   * What this host or model refuses; left out with a warning. Names of our options (`topK`, `temperature`, `seed`,
   * `parallelToolCalls`, ...) or of body fields without a unified name (`logit_bias`, ...). Default none.
   */
  readonly unsupportedOptions: readonly string[]
}

export const DEFAULTS: OpenAIChatCompat = {
  maxTokensField: 'max_tokens',
  supportsDeveloperRole: false,
  supportsUsageInStreaming: true,
  supportsFinishReason: true,
  requiresToolResultName: false,
  requiresAssistantAfterToolResult: false,
  requiresNonNullAssistantContent: false,
  requiresThinkingAsText: false,
  requiresReasoningContentOnAssistantMessages: false,
  thinkingFormat: 'openai',
  thinkingTemplateKey: 'enable_thinking',
  supportsReasoningEffort: true,
  supportsStrictMode: false,
  structuredOutput: 'json_schema',
  toolCallIdFormat: 'any',
  toolChoiceRequired: 'required',
  seedField: 'seed',
  outputExcludesReasoning: false,
  usageTotalIsTruth: false,
  unsupportedOptions: [],
}

export const compatOf = (declared: ProviderDeclaration['compat'], model?: Pick<Model, 'compat'>): OpenAIChatCompat => ({
  ...DEFAULTS,
  ...declared,
  ...model?.compat,
})
