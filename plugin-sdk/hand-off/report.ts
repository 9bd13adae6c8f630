import { ProviderError } from '../errors.ts'
import type { Warning } from '../messages.ts'
import type { ProviderRequest } from '../provider.ts'
import type { Note } from './rule.ts'

/** Collects what could not be done as the caller asked. */
export interface Report {
  /** The same sentence is told once. */
  readonly warn: (warning: Warning) => void
  /** One warning for each rule, with how often it was applied. */
  readonly note: Note
  /**
   * Everything told so far. Throws the provider error `unsupported` when the caller wants no other answer than the one
   * asked for (`options.unsupported: 'error'`) and something was left out or done otherwise.
   */
  warnings(request: Pick<ProviderRequest, 'options' | 'model'>): readonly Warning[]
}

export function createReport(): Report {
  // Most requests give no reason for any.
  let warnings: Map<string, Warning> | undefined
  return {
    warn(warning) {
      warnings ??= new Map()
      if (!warnings.has(warning.message)) warnings.set(warning.message, warning)
    },
    note({ id, warning }, count = 1) {
      if (warning === undefined || count === 0) return
      warnings ??= new Map()
      warnings.set(id, { ...warning, rule: id, count: (warnings.get(id)?.count ?? 0) + count })
    },
    warnings({ options, model }) {
      if (warnings === undefined) return NOTHING_TOLD
      const told = [...warnings.values()]
      if (options.unsupported === 'error') refuse(told, model)
      return told
    },
  }
}

const NOTHING_TOLD: readonly Warning[] = []

/** What of these a caller who wants no other answer does not accept. Notes about the history are no reason to refuse. */
export const refusable = (warnings: readonly Warning[]): readonly Warning[] =>
  warnings.filter(({ type }) => type !== 'other')

function refuse(warnings: readonly Warning[], { provider, id }: ProviderRequest['model']): void {
  const missing = refusable(warnings)
  if (missing.length === 0) return
  const features = [
    ...new Set(missing.map(({ rule, feature }) => [feature, rule && `(${rule})`].filter(Boolean).join(' '))),
  ]
  throw new ProviderError(
    'unsupported',
    `${provider}:${id} cannot do as asked: ${features.join(', ')}. ${missing.map(({ message }) => message).join(' ')}`,
    {
      provider,
      model: id,
      features,
      hint: 'Leave these out, choose another model, or allow them with "unsupported": "warn".',
    },
  )
}
