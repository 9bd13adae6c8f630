import { PlugboardError } from '@plugboard/sdk'
import type { Plugboard } from '../../plugboard.ts'
import type { ProviderInfo } from '../../services/providers/providers.ts'

/** Throws when there is no provider of that id. */
export function knownProvider({ providers }: Plugboard, id: string): ProviderInfo {
  const found = providers.get(id)
  if (found !== undefined) return found
  throw new PlugboardError('PROVIDER_UNKNOWN', `There is no provider "${id}".`, {
    hint: '`plugboard providers list` shows them; `plugboard providers add` makes a further instance of one.',
  })
}
