import type { ProviderDeclaration } from '../../provider.ts'
import type { Reply } from '../host/reply.ts'
import type { Told } from '../host/told.ts'
import type { Exchange } from '../host/upstream.ts'

export type FailureKind = 'auth' | 'overflow' | 'rate-limit' | 'server'

/** A refusal as this host words it; status, code and message are what a manifest's own rules look at. */
export interface HostFailure {
  readonly code: string
  readonly message: string
  readonly reply: Reply
}

/** Seconds after which a rate limited caller may come back. */
export const RETRY_AFTER_S = 7

/** A host of one wire protocol, as faithful as a script can be. */
export interface ScriptedHost {
  /** Where the key goes when the manifest does not say. */
  readonly auth: NonNullable<ProviderDeclaration['auth']>
  /** The model that a request for an answer names; undefined for every other request. */
  modelOf(exchange: Exchange): string | undefined
  answer(told: Told, exchange: Exchange): Reply
  /** The beginning of the text, and then an error inside the stream that quotes the secret. */
  breakDown(told: Told, exchange: Exchange, secret: string): Reply
  /** Quotes the secret, as OpenAI does. */
  failure(kind: FailureKind, secret: string): HostFailure
  models(ids: readonly string[]): Reply
  /** Why, going by the manifest, this host never says such a thing. */
  cannot?(told: Told): string | undefined
  /** Going by the manifest, it does not say how many tokens the thoughts took. */
  readonly hidesReasoning?: boolean
}

export type Json = Readonly<Record<string, unknown>>

export function jsonOf({ body }: Exchange): Json {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Json) : {}
  } catch {
    return {}
  }
}

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

export const pathOf = ({ path }: Exchange): string => path.split('?', 1)[0] ?? ''

export const promptTokens = ({ usage }: Told): number =>
  (usage?.input ?? 0) + (usage?.cacheRead ?? 0) + (usage?.cacheWrite ?? 0)
