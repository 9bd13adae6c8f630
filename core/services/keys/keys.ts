import { token } from '../../kernel/scope.ts'

/** A key of the gateway, without the key itself. */
export interface ApiKey {
  readonly id: string
  readonly name: string
  /** The last characters, to tell keys apart. */
  readonly hint: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

export interface NewApiKey {
  readonly key: ApiKey
  /** The only time it is seen; what is kept is its hash. */
  readonly secret: string
}

/** The keys clients of the gateway show. */
export interface KeyRing {
  /**
   * The key a client's secret belongs to, unless it is unknown or revoked. `shownOn`: the connection it was shown on; one that
   * shows the same secret again is told the answer sooner.
   */
  verify(secret: string, shownOn?: object): ApiKey | undefined
  /** Makes a key, or takes `secret` as one; the same secret again gives the key it already is. */
  add(name: string, secret?: string): NewApiKey
  list(): readonly ApiKey[]
  /** Makes a key worthless, in other processes within a second. False when there is none of that id, or it was revoked before. */
  revoke(id: string): boolean
}

export const KeyRing = token<KeyRing>('keys')
