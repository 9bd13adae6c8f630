import type { StatementSync } from 'node:sqlite'
import { PlugboardError } from '@plugboard/sdk'
import { nearest } from '../../kernel/schema.ts'
import type { AuditLog } from '../audit/audit.ts'
import type { Clock } from '../clock/clock.ts'
import type { Store } from '../store/store.ts'
import type { Agent, Agents, AgentSpec } from './agents.ts'
import { checkAgent } from './check-spec.ts'

export interface AgentParts {
  readonly store: Store
  readonly clock: Clock
  readonly audit: AuditLog
  /** By name; these are the host's own and cannot be changed while it runs. */
  readonly ofHost: Readonly<Record<string, AgentSpec>>
}

interface Row {
  readonly name: string
  readonly spec: string
}

/**
 * Agents in the database, below those of the host. Each call of an agent reads one row by its key, a few microseconds, and
 * so sees what any process changed; calls that name no agent read nothing.
 */
export class SqliteAgents implements Agents {
  readonly #store: Store
  readonly #clock: Clock
  readonly #audit: AuditLog
  readonly #ofHost: ReadonlyMap<string, Agent>
  readonly #find: StatementSync

  /** Throws PlugboardError `AGENT_INVALID` for an agent of the host. */
  constructor({ store, clock, audit, ofHost }: AgentParts) {
    this.#store = store
    this.#clock = clock
    this.#audit = audit
    this.#ofHost = new Map(
      Object.entries(ofHost).map(([name, spec]) => [name, { ...checkAgent(name, spec), name, from: 'host' }]),
    )
    this.#find = store.db.prepare('SELECT name, spec FROM agent WHERE name = ?')
  }

  get(name: string): Agent {
    const found = this.#ofHost.get(name) ?? this.#stored(name)
    if (found === undefined) throw this.#unknown(name)
    return found
  }

  list(): readonly Agent[] {
    const rows = this.#store.db.prepare('SELECT name, spec FROM agent').all() as unknown as Row[]
    const all = new Map([...rows.map((row) => [row.name, agentOf(row)] as const), ...this.#ofHost])
    return [...all.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  async set(name: string, spec: AgentSpec, actor = 'system'): Promise<Agent> {
    const checked = checkAgent(name, spec)
    this.#refuseHosts(name)
    const now = this.#clock.now()
    await this.#store.write(() =>
      this.#store.db
        .prepare(
          `INSERT INTO agent (name, spec, created_at, changed_at) VALUES (?, ?, ?, ?)
           ON CONFLICT (name) DO UPDATE SET spec = excluded.spec, changed_at = excluded.changed_at`,
        )
        .run(name, JSON.stringify(checked), now, now),
    )
    // What changed, without its contents: the audit log holds no texts.
    const { model, options = {}, systemPrompt } = checked
    const details = { model, options: Object.keys(options), hasSystemPrompt: systemPrompt !== undefined }
    await this.#audit.record({ action: 'agent_changed', subject: name, actor, details })
    return { ...checked, name, from: 'stored' }
  }

  async remove(name: string, actor = 'system'): Promise<Agent> {
    this.#refuseHosts(name)
    const agent = this.get(name)
    await this.#store.write(() => this.#store.db.prepare('DELETE FROM agent WHERE name = ?').run(name))
    await this.#audit.record({ action: 'agent_removed', subject: name, actor, details: {} })
    return agent
  }

  #stored(name: string): Agent | undefined {
    const row = this.#find.get(name) as Row | undefined
    return row === undefined ? undefined : agentOf(row)
  }

  #refuseHosts(name: string): void {
    if (this.#ofHost.has(name))
      throw new PlugboardError('AGENT_OF_HOST', `The agent "${name}" is defined by the program that runs Plugboard.`, {
        hint: 'Change it there, or choose another name.',
        details: { agent: name },
      })
  }

  #unknown(asked: string): PlugboardError {
    // No name is longer, and comparing takes time that grows with it.
    const name = asked.slice(0, 65)
    const candidates = this.list().map((agent) => agent.name)
    const near = nearest(name, candidates)
    const hint =
      candidates.length === 0
        ? 'There are no agents yet; `plugboard agents set NAME` makes one.'
        : near === undefined
          ? `Known: ${candidates.join(', ')}.`
          : `Did you mean "agent:${near}"?`
    return new PlugboardError('AGENT_UNKNOWN', `There is no agent "${name}".`, {
      hint,
      details: { param: 'model', agent: name, candidates },
    })
  }
}

const agentOf = ({ name, spec }: Row): Agent => ({ ...(JSON.parse(spec) as AgentSpec), name, from: 'stored' })
