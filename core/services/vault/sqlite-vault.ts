import type { StatementSync } from 'node:sqlite'
import { PlugboardError, type Secret } from '@plugboard/sdk'
import type { Store } from '../store/store.ts'
import { ALGORITHM, keyId, seal, unseal } from './envelope.ts'
import type { MasterKey } from './master-key.ts'
import type { Vault } from './vault.ts'

interface Row {
  readonly version: number
  readonly kid: string
  readonly alg: string
  readonly nonce: Uint8Array
  readonly sealed: Uint8Array
}

interface OpenKey {
  readonly master: Buffer
  readonly kid: string
}

export class SqliteVault implements Vault {
  readonly #store: Store
  readonly #source: MasterKey
  readonly #select: StatementSync
  readonly #foreign: StatementSync
  readonly #replace: StatementSync
  readonly #delete: StatementSync
  readonly #names: StatementSync
  #key: OpenKey | undefined

  constructor(store: Store, source: MasterKey) {
    this.#store = store
    this.#source = source
    this.#select = store.db.prepare('SELECT version, kid, alg, nonce, sealed FROM secret WHERE name = ?')
    this.#foreign = store.db.prepare('SELECT 1 FROM secret WHERE kid <> ? AND name <> ? LIMIT 1')
    this.#replace = store.db.prepare(
      'INSERT OR REPLACE INTO secret (name, version, kid, alg, nonce, sealed) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#delete = store.db.prepare('DELETE FROM secret WHERE name = ?')
    this.#names = store.db.prepare('SELECT name FROM secret WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name')
  }

  get(name: string): Secret | undefined {
    const row = this.#row(name)
    if (row === undefined) return undefined
    const key = this.#existing()
    if (key === undefined) throw this.#locked(`The secret "${name}" cannot be opened: its master key is missing.`)
    if (row.kid !== key.kid) throw this.#locked(`The secret "${name}" was saved with another master key.`)
    this.#key = key
    try {
      if (row.alg !== ALGORITHM) throw new Error(`Unknown algorithm ${row.alg}`)
      return unseal(key.master, name, row.version, row)
    } catch (error) {
      throw new PlugboardError('VAULT_DAMAGED', `The secret "${name}" was changed or moved in the database.`, {
        hint: 'Set it again.',
        cause: error,
      })
    }
  }

  async set(name: string, value: Secret): Promise<void> {
    const key = this.#existing()
    // Asked before a key is made: a lost key file must not be replaced while its secrets are there.
    if (this.#foreign.get(key?.kid ?? '', name) !== undefined) throw this.#mixed()
    const { master, kid } = (this.#key = key ?? opened(this.#source.make()))
    await this.#store.write(() => {
      const version = (this.#row(name)?.version ?? 0) + 1
      const { nonce, sealed } = seal(master, name, version, value)
      this.#replace.run(name, version, kid, ALGORITHM, nonce, sealed)
    })
  }

  remove(name: string): Promise<boolean> {
    return this.#store.write(() => this.#delete.run(name).changes > 0)
  }

  names(prefix = ''): readonly string[] {
    return this.#names.all(prefix).map(({ name }) => String(name))
  }

  #row(name: string): Row | undefined {
    return this.#select.get(name) as unknown as Row | undefined
  }

  /** Kept once it has opened or saved something; until then it may be put back, or put right, at any time. */
  #existing(): OpenKey | undefined {
    if (this.#key !== undefined) return this.#key
    const master = this.#source.read()
    return master === undefined ? undefined : opened(master)
  }

  #mixed(): PlugboardError {
    return this.#locked('No secret can be saved: there are others that were saved with another master key.')
  }

  #locked(message: string): PlugboardError {
    return new PlugboardError('VAULT_LOCKED', message, {
      hint: `Put the master key back (${this.#source.place}), or remove the secrets and set them again.`,
    })
  }
}

const opened = (master: Buffer): OpenKey => ({ master, kid: keyId(master) })
