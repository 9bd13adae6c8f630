import type { LedgerEntry } from '../../ledger/ledger.ts'

/** Mean length in tokens of a model's complete answers among these calls; undefined when there is none. */
export function typicalOutput(
  entries: readonly LedgerEntry[],
  { provider, id }: { readonly provider: string; readonly id: string },
): number | undefined {
  const lengths = entries
    .filter((entry) => entry.outcome === 'completed' && entry.provider === provider && entry.model === id)
    .map(({ usage }) => usage.output)
  return lengths.length === 0 ? undefined : Math.ceil(lengths.reduce((sum, one) => sum + one, 0) / lengths.length)
}
