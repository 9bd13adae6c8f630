import { Secret } from '@plugboard/sdk'
import type { OwnSettings } from '../../kernel/lifecycle-host.ts'
import type { Vault } from '../vault/vault.ts'
import type { ConfigTable, ProviderConfig } from './config-table.ts'
import type { HostProvider } from './providers.ts'

export interface ConfigurationParts {
  readonly table: ConfigTable
  readonly vault: Vault
  /** The host's own word by id; wins over what is saved. */
  readonly hosts: ReadonlyMap<string, HostProvider>
  readonly env: Readonly<Record<string, string | undefined>>
}

/** What a configuration would be, before it is saved. */
export interface Draft {
  readonly config: ProviderConfig
  /** Secrets that are new. */
  readonly secrets: ReadonlyMap<string, Secret>
  /** Secrets that are gone. */
  readonly removed: ReadonlySet<string>
}

/** The configurations as they were last read, with the host's own and the drafts of running saves. */
export class Configurations {
  readonly #parts: ConfigurationParts
  #known: number | undefined
  #saved = new Map<string, ProviderConfig>()
  readonly #drafts = new Map<string, Draft>()

  constructor(parts: ConfigurationParts) {
    this.#parts = parts
  }

  /** Reads what other processes changed. The ids of those that need another version of their provider. */
  refresh(): readonly string[] {
    const { table } = this.#parts
    const revision = table.revision()
    if (revision === this.#known) return []
    const before = this.#saved
    // The number is older than what is read next, so a change in between is read once more.
    this.#known = revision
    this.#saved = new Map(table.all().map((config) => [config.id, config]))
    const ids = new Set([...before.keys(), ...this.#saved.keys()])
    return [...ids].filter((id) => before.get(id)?.revision !== this.#saved.get(id)?.revision)
  }

  /** Whether any process changed anything since it was read. */
  get stale(): boolean {
    return this.#parts.table.revision() !== this.#known
  }

  get(id: string): ProviderConfig | undefined {
    return this.#drafts.get(id)?.config ?? this.#saved.get(id)
  }

  host(id: string): HostProvider | undefined {
    return this.#parts.hosts.get(id)
  }

  /** The provider that an id is an instance of; undefined when it is none. */
  instanceType(id: string): string | undefined {
    const type = this.host(id)?.type ?? this.get(id)?.type
    return type === id ? undefined : type
  }

  /** The instances there must be: the host's first, then as they were made. */
  get instances(): readonly string[] {
    return [...new Set([...this.#parts.hosts.keys(), ...this.#saved.keys()])].filter(
      (id) => this.instanceType(id) !== undefined,
    )
  }

  isEnabled(id: string): boolean {
    return this.host(id)?.enabled ?? this.get(id)?.enabled ?? true
  }

  get disabled(): ReadonlySet<string> {
    const ids = [...this.#parts.hosts.keys(), ...this.#saved.keys(), ...this.#drafts.keys()]
    return new Set(ids.filter((id) => !this.isEnabled(id)))
  }

  /** Names of the secrets that are saved; a draft's count already. */
  secretNames(id: string): readonly string[] {
    const prefix = pathOf(id, '')
    const draft = this.#drafts.get(id)
    const kept = this.#parts.vault.names(prefix).map((path) => path.slice(prefix.length))
    return [...new Set([...kept, ...(draft?.secrets.keys() ?? [])])].filter((key) => draft?.removed.has(key) !== true)
  }

  /** Until `settle`, everybody sees the draft in place of what is saved. */
  draft(id: string, draft: Draft): void {
    this.#drafts.set(id, draft)
  }

  settle(id: string): void {
    this.#drafts.delete(id)
  }

  /** What a plugin or an instance is set up with. Secrets are decrypted when they are first used. */
  sourcesFor(id: string): OwnSettings {
    const { vault, env } = this.#parts
    const host = this.host(id)
    const config = this.get(id)
    const fresh = this.#drafts.get(id)?.secrets ?? new Map<string, Secret>()
    const kept = this.secretNames(id).filter((key) => !fresh.has(key))
    return {
      own: { ...Object.fromEntries(fresh), ...host?.settings },
      saved: {
        config: config?.settings ?? {},
        secrets: new Map(kept.map((key) => [key, new Secret(() => vault.get(pathOf(id, key))?.reveal() ?? '')])),
      },
      env: this.instanceType(id) === undefined ? env : {},
      revision: config?.revision ?? 0,
      name: host?.name ?? config?.name,
    }
  }

  /**
   * Writes what was drafted. The secrets go first: settings that need one never stand without it. False when another
   * process has saved since it was drafted.
   */
  async save(id: string): Promise<boolean> {
    const draft = this.#drafts.get(id)
    if (draft === undefined) return false
    const { config, secrets, removed } = draft
    for (const [key, secret] of secrets) await this.#parts.vault.set(pathOf(id, key), secret)
    const isWritten = await this.#parts.table.write(config, this.#saved.get(id)?.revision ?? 0)
    if (!isWritten) return false
    await this.#forget(id, removed)
    this.#saved.set(id, config)
    return true
  }

  async remove(id: string): Promise<void> {
    await Promise.all([this.#parts.table.remove(id), this.#forget(id, this.secretNames(id))])
    this.#saved.delete(id)
  }

  async switch(config: ProviderConfig): Promise<void> {
    await this.#parts.table.switch(config.id, config.type, config.enabled, config.updatedAt)
    this.#saved.set(config.id, config)
  }

  async #forget(id: string, keys: Iterable<string>): Promise<void> {
    await Promise.all([...keys].map((key) => this.#parts.vault.remove(pathOf(id, key))))
  }
}

/** Where the vault keeps a secret of a provider. */
const pathOf = (id: string, key: string): string => `provider/${id}/${key}`
