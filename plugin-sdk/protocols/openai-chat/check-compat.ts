import { PlugboardError } from '../../errors.ts'
import type { ProviderDeclaration } from '../../provider.ts'
import { DEFAULTS, type OpenAIChatCompat } from './compat.ts'

type Flag = keyof OpenAIChatCompat

/** Flags that take one of a few words. */
const WORDS: { readonly [F in Flag]?: readonly OpenAIChatCompat[F][] } = {
  maxTokensField: ['max_tokens', 'max_completion_tokens'],
  thinkingFormat: [
    'openai',
    'openrouter',
    'deepseek',
    'zai',
    'qwen',
    'chat-template',
    'together',
    'string-thinking',
    'none',
  ],
  structuredOutput: ['json_schema', 'json_object', 'none'],
  toolCallIdFormat: ['any', 'safe40', 'alnum9'],
  toolChoiceRequired: ['required', 'any', 'unsupported'],
  seedField: ['seed', 'random_seed'],
}

/** Throws `COMPAT_INVALID` for a flag that would otherwise do nothing, unnoticed. */
export function checkCompat({ id, compat, models = [] }: ProviderDeclaration): void {
  check(compat, `provider "${id}"`)
  for (const model of models) check(model.compat, `model "${model.id}"`)
}

function check(compat: ProviderDeclaration['compat'], where: string): void {
  for (const [name, value] of Object.entries(compat ?? {})) {
    if (!Object.hasOwn(DEFAULTS, name))
      throw invalid(
        `The ${where} has the unknown compat flag "${name}".`,
        `Known are: ${Object.keys(DEFAULTS).join(', ')}.`,
      )
    const wanted = wantedBy(name as Flag, value)
    if (wanted !== undefined)
      throw invalid(`The compat flag "${name}" of the ${where} is ${JSON.stringify(value)}.`, `It must be ${wanted}.`)
  }
}

/** What the flag takes, when the value is not that. */
function wantedBy(flag: Flag, value: unknown): string | undefined {
  const words: readonly unknown[] | undefined = WORDS[flag]
  if (words !== undefined) return words.includes(value) ? undefined : `one of ${words.join(', ')}`
  if (flag === 'unsupportedOptions')
    return Array.isArray(value) && value.every((name) => typeof name === 'string') ? undefined : 'a list of names'
  return typeof value === typeof DEFAULTS[flag] ? undefined : `a ${typeof DEFAULTS[flag]}`
}

const invalid = (message: string, hint: string): PlugboardError =>
  new PlugboardError('COMPAT_INVALID', message, { hint })
