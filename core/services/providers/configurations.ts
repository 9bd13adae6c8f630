import { Secret } from '@plugboard/sdk'
import type { OwnSettings } from '../../kernel/lifecycle.ts'
import type { Vault } from '../vault/vault.ts'
import type { ConfigTable, ProviderConfig } from './config-table.ts'
import type { HostProvider } from './providers.ts'

export interface ConfigurationParts {
  readonly table: ConfigTable
  readonly vault: Vault
  /** The host's own word by id; wins over what is saved. */
  readonly hosts: Readonly<Record<string, HostProvider>>
  readonly env: Readonly<Record<string, string | undefined>>
}

/** What a configuration would be, before it is saved. */
export interface Draft {
  readonly config: ProviderConfig | undefined
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
    const draft = this.#drafts.get(id)
    return draft === undefined ? this.#saved.get(id) : draft.config
  }

  host(id: string): HostProvider | undefined {
    return this.#parts.hosts[id]
  }

  /** The provider that an id is an instance of; undefined when it is none. */
  instanceType(id: string): string | undefined {
    const type = this.host(id)?.type ?? this.get(id)?.type
    return type === id ? undefined : type
  }

  /** The instances there must be: the host's first, then as they were made. */
  get instances(): readonly string[] {
    return [...new Set([...Object.keys(this.#parts.hosts), ...this.#saved.keys()])].filter(
      (id) => this.instanceType(id) !== undefined,
    )
  }

  isEnabled(id: string): boolean {
    return this.host(id)?.enabled ?? this.get(id)?.enabled ?? true
  }

  get disabled(): ReadonlySet<string> {
    const ids = [...Object.keys(this.#parts.hosts), ...this.#saved.keys(), ...this.#drafts.keys()]
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

  /** Writes a draft. The secrets go first: settings that need one never stand without it. */
  async save(id: string, { config, secrets, removed }: Draft): Promise<void> {
    const { vault, table } = this.#parts
    for (const [key, secret] of secrets) await vault.set(pathOf(id, key), secret)
    await Promise.all([
      ...[...removed].map((key) => vault.remove(pathOf(id, key))),
      config === undefined ? table.remove(id) : table.write(config),
    ])
    if (config === undefined) this.#saved.delete(id)
    else this.#saved.set(id, config)
  }
}

/** Where the vault keeps a secret of a provider. */
const pathOf = (id: string, key: string): string => `provider/${id}/${key}`
