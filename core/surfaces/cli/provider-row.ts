import type { ProviderInfo, Validation } from '../../services/providers/providers.ts'

export const PROVIDER_HEADINGS = ['PROVIDER', 'TYPE', 'STATE', 'KEY', 'MODELS', 'LAST VALIDATED'] as const

export const providerRow = ({ id, type, state, maskedKey, models, lastValidatedAt }: ProviderInfo): string[] => [
  id,
  type === id ? '' : type,
  state,
  maskedKey ?? '',
  String(models),
  lastValidatedAt === undefined ? 'never' : new Date(lastValidatedAt).toISOString(),
]

export function validationLine(id: string, validation: Validation): string {
  if (!validation.ok) {
    const { message, error } = validation
    // What the server said helps whoever looks for the reason, where the sentence for people does not say it.
    const details = [error.class === 'server' ? error.message : undefined, error.hint]
    return [`${id}: ${message}`, ...details.filter((text) => text !== undefined)].join('\n  ')
  }
  const models = validation.models === undefined ? '' : `, ${validation.models.toLocaleString('en')} models`
  return `${id}: ok in ${validation.latencyMs} ms${models}`
}
