import type { AssistantMessage, Model, ProviderMetadata as KeptMetadata } from '@plugboard/sdk'
import { dollars } from '../../services/cost/money.ts'
import type { JsonObject, PromptPart, ProviderMetadata } from './specification.ts'

/** Our key in `providerMetadata` and `providerOptions`. */
export const PLUGBOARD = 'plugboard'

/** What a part carries through the caller's history, so that its provider can take it again. */
export interface PartExtras {
  readonly textSignature?: string
  readonly thinkingSignature?: string
  readonly redacted?: boolean
  readonly thoughtSignature?: string
  readonly providerMetadata?: KeptMetadata
}

/** Who wrote a part. */
export type Origin = Pick<AssistantMessage, 'api' | 'provider' | 'model'>

const EXTRAS = ['textSignature', 'thinkingSignature', 'redacted', 'thoughtSignature', 'providerMetadata'] as const

/** With each part: who wrote it, and what only the writer can read. */
export function partMetadata(part: PartExtras, model: Model | undefined): ProviderMetadata {
  const kept = EXTRAS.filter((name) => part[name] !== undefined).map((name) => [name, part[name]] as const)
  const origin = model === undefined ? {} : { api: model.api, provider: model.provider, model: model.id }
  return { [PLUGBOARD]: { ...origin, ...Object.fromEntries(kept) } as JsonObject }
}

/** What such a part brings back. Parts of several writers cannot be one message: those of the others lose their extras. */
export function readExtras(part: PromptPart, origin: Origin): PartExtras {
  const own = part.providerOptions?.[PLUGBOARD]
  if (own === undefined || own['provider'] !== origin.provider || own['model'] !== origin.model) return {}
  return Object.fromEntries(EXTRAS.filter((name) => own[name] !== undefined).map((name) => [name, own[name]]))
}

export function originOf(parts: readonly PromptPart[]): Origin {
  const own = parts
    .map(({ providerOptions }) => providerOptions?.[PLUGBOARD])
    .find((each) => each?.['provider'] !== undefined)
  if (own === undefined) return {}
  const { api, provider, model } = own as Required<Origin>
  return { api, provider, model }
}

/** With the whole answer: where it came from and what it cost. Unknown is `null`, never 0. */
export function answerMetadata(id: string, { provider, model, cost, usage }: AssistantMessage): ProviderMetadata {
  const nano = cost?.total ?? null
  return {
    [PLUGBOARD]: {
      id,
      ...(provider === undefined ? {} : { provider }),
      ...(model === undefined ? {} : { model }),
      cost: { nano, dollars: nano === null ? null : dollars(nano) },
      ...(usage?.estimated === true ? { usageEstimated: true } : {}),
    },
  }
}
