import type { Batch, ProviderEvent, WireFrames } from '../../events.ts'
import { ANTHROPIC } from './name.ts'

export const batchOf = (events: ProviderEvent[], wire: Omit<WireFrames, 'protocol'>): Batch =>
  Object.assign(events, { wire: { protocol: ANTHROPIC, ...wire } })
