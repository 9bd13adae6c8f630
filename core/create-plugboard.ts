// The composition root: the one file that names every concrete class.
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { PlugboardError } from '@plugboard/sdk'
import { builtInDir } from './kernel/discovery.ts'
import { Kernel, type KernelOptions } from './kernel/kernel.ts'
import { Scope } from './kernel/scope.ts'
import { Engine } from './pipeline/engine.ts'
import { pipeline } from './pipeline/order.ts'
import { Plugboard, version } from './plugboard.ts'
import { Alerts, Webhooks } from './services/alerts/alerts.ts'
import { SqliteAlerts } from './services/alerts/sqlite-alerts.ts'
import { SqliteWebhooks } from './services/alerts/sqlite-webhooks.ts'
import { Agents, type AgentSpec } from './services/agents/agents.ts'
import { SqliteAgents } from './services/agents/sqlite-agents.ts'
import { AuditLog } from './services/audit/audit.ts'
import { auditPlugins } from './services/audit/audit-plugins.ts'
import { SqliteAuditLog } from './services/audit/sqlite-audit-log.ts'
import { Budgets, WorstCase } from './services/budget/budget.ts'
import { declaredWorstCase } from './services/budget/declared-worst-case.ts'
import { SqliteBudgets } from './services/budget/sqlite-budgets.ts'
import { Catalog } from './services/catalog/catalog.ts'
import { RegistryCatalog } from './services/catalog/registry-catalog.ts'
import { Clock, systemClock } from './services/clock/clock.ts'
import { baseBook } from './services/cost/base-book.ts'
import { CostService, PriceVersions } from './services/cost/cost.ts'
import { PriceBook } from './services/cost/price-book.ts'
import { PriceFile } from './services/cost/price-file.ts'
import { checkPriceSettings, readPriceSettings, type PriceSettings } from './services/cost/price-settings.ts'
import { SqlitePriceVersions } from './services/cost/sqlite-price-versions.ts'
import { KeyRing } from './services/keys/keys.ts'
import { SqliteKeyRing } from './services/keys/sqlite-key-ring.ts'
import { Ledger } from './services/ledger/ledger.ts'
import { SqliteLedger } from './services/ledger/sqlite-ledger.ts'
import { Logger } from './services/logger/logger.ts'
import { createPinoLogger, LOG_LEVELS, type LogLevel } from './services/logger/pino-logger.ts'
import { ConfigTable } from './services/providers/config-table.ts'
import { Configurations } from './services/providers/configurations.ts'
import { LiveProviders } from './services/providers/live-providers.ts'
import { Providers, type HostProvider } from './services/providers/providers.ts'
import { LedgerMeasured } from './services/measured/ledger-measured.ts'
import { Measured } from './services/measured/measured.ts'
import { Settings } from './services/settings/settings.ts'
import { SqliteSettings } from './services/settings/sqlite-settings.ts'
import { SqliteStore } from './services/store/sqlite-store.ts'
import { Store } from './services/store/store.ts'
import { characterCounter } from './services/tokens/character-counter.ts'
import { TokenCounter } from './services/tokens/tokens.ts'
import { givenMasterKey, masterKeyFile, passingMasterKey, type MasterKey } from './services/vault/master-key.ts'
import { SqliteVault } from './services/vault/sqlite-vault.ts'
import { Vault } from './services/vault/vault.ts'
import { SqliteUsage } from './services/usage/sqlite-usage.ts'
import { UsageReports } from './services/usage/usage.ts'

const DRAIN_MS = 30_000

export interface PlugboardOptions {
  /**
   * Folder for the database and the drop-in `plugins`. Default: `PLUGBOARD_HOME`, else `~/.plugboard`. `false` keeps
   * everything in memory and looks for no drop-in plugins.
   */
  readonly dataDir?: string | false
  /** More folders to look for plugins in: each is one plugin, or holds several. */
  readonly plugins?: readonly string[]
  /** Load the plugins that ship with Plugboard. Default true. */
  readonly builtIn?: boolean
  /** The package whose dependencies are searched for plugins. Default: the working directory; `false` for none. */
  readonly hostDir?: string | false
  /** Follow what changes: plugins' files, and settings that other processes save. Default true. */
  readonly watch?: boolean
  /** Deliver webhooks from this process, also those of other processes on the same data folder. Default true. */
  readonly deliverWebhooks?: boolean
  /** Settings by plugin id; they win over saved ones and over environment variables. */
  readonly settings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /**
   * Providers by id, for hosts that keep configuration themselves: a `type` makes a further instance. Their settings win
   * over what users save, which wins over environment variables.
   */
  readonly providers?: Readonly<Record<string, HostProvider>>
  /** Test the connections of all available providers at the start, which takes up to 5 seconds more. Default false. */
  readonly validateConnectivity?: boolean
  /**
   * Prices that win over the plugins' own and over the public price list, and a mark-up. They also win over `prices.json`
   * in the data folder, which holds the same.
   */
  readonly prices?: PriceSettings
  /** Agents by name: `agent:NAME` calls them. They win over agents of that name in the data folder, and cannot be changed. */
  readonly agents?: Readonly<Record<string, AgentSpec>>
  /** Where plugins' declared variables are read from. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Milliseconds a replaced plugin may go on with its running calls. Default 30,000. */
  readonly drainMs?: number
  /** Default `LOG_LEVEL`, else `warn`. */
  readonly logLevel?: LogLevel
  /** Registers services of the host's own in place of ours, for example `scope.value(Clock, myClock)`. */
  readonly services?: (scope: Scope) => void
}

/** The data folder where a host names none. */
export const homeFolder = (env: NonNullable<PlugboardOptions['env']>): string =>
  resolve(env['PLUGBOARD_HOME'] ?? join(homedir(), '.plugboard'))

/** Starts the services and loads every plugin. Rejects only when the host itself cannot run; broken plugins are listed. */
export async function createPlugboard(options: PlugboardOptions = {}): Promise<Plugboard> {
  const env = options.env ?? process.env
  const dataDir = options.dataDir === false ? undefined : resolve(options.dataDir ?? homeFolder(env))
  const scope = new Scope()
  try {
    provideServices(scope, dataDir, options.logLevel ?? logLevelOf(env['LOG_LEVEL']), options.prices)
    scope.provide(Vault, (own) => new SqliteVault(own.get(Store), masterKey(dataDir, env['PLUGBOARD_MASTER_KEY'])))
    scope
      .provide(Agents, (own) => {
        const [store, clock, audit] = [own.get(Store), own.get(Clock), own.get(AuditLog)]
        return new SqliteAgents({ store, clock, audit, ofHost: options.agents ?? {} })
      })
      .provide(Catalog, (own): Catalog => {
        const [clock, agents, settings] = [own.get(Clock), own.get(Agents), own.get(Settings)]
        return new RegistryCatalog({ registry: kernel.registry, clock, agents, settings })
      })
    options.services?.(scope)
    const table = new ConfigTable(scope.get(Store))
    const configs = new Configurations({ table, vault: scope.get(Vault), hosts: hostProviders(options), env })
    const kernel = new Kernel(kernelOptions(scope, dataDir, configs, options))
    auditPlugins(kernel.events, scope.get(AuditLog), scope.get(Logger))
    const chain = pipeline({
      registry: kernel.registry,
      catalog: scope.get(Catalog),
      agents: scope.get(Agents),
      clock: scope.get(Clock),
      prices: scope.get(CostService),
      versions: scope.get(PriceVersions),
      counter: scope.get(TokenCounter),
      budgets: scope.get(Budgets),
      worstCase: scope.get(WorstCase),
      log: scope.get(AuditLog),
    })
    const watched =
      dataDir === undefined || options.watch === false
        ? undefined
        : new PriceFile(priceFile(dataDir), scope.get(Logger))
    await scope.get(CostService).reload?.()
    const engine = new Engine(chain, scope.get(Clock))
    const plugboard = new Plugboard(scope, kernel, engine)
    const providers = new LiveProviders({
      kernel,
      configs,
      table,
      catalog: scope.get(Catalog),
      audit: scope.get(AuditLog),
      log: scope.get(Logger),
      clock: scope.get(Clock),
      ask: async (model, context, ask) => (await plugboard.complete(model, context, ask)).error,
    })
    scope.value(Providers, scope.own(providers))
    providers.prepare()
    await kernel.start()
    if (options.deliverWebhooks ?? true) scope.get(Webhooks).deliver()
    scope.own(watched?.start(() => plugboard.reloadPrices()))
    await providers.start(options.watch !== false && dataDir !== undefined)
    if (options.validateConnectivity === true) await providers.validateAll()
    return plugboard
  } catch (error) {
    await scope[Symbol.asyncDispose]()
    throw error
  }
}

function provideServices(
  scope: Scope,
  dataDir: string | undefined,
  level: LogLevel,
  prices: PriceSettings | undefined,
): void {
  scope
    .value(Clock, systemClock)
    .value(TokenCounter, characterCounter)
    .provide(Logger, () => createPinoLogger(level))
    .provide(Store, () => new SqliteStore(dataDir === undefined ? ':memory:' : join(dataDir, 'plugboard.db')))
    .provide(Settings, (own) => new SqliteSettings(own.get(Store)))
    .provide(Ledger, (own) => new SqliteLedger(own.get(Store)))
    .provide(Measured, (own) => new LedgerMeasured(own.get(Store), own.get(Clock)))
    .provide(KeyRing, (own) => new SqliteKeyRing(own.get(Store), own.get(Clock)))
    .provide(AuditLog, (own) => new SqliteAuditLog(own.get(Store), own.get(Clock)))
    .provide(Alerts, (own) => new SqliteAlerts(own.get(Store), own.get(Clock), own.get(Logger)))
    .provide(Webhooks, (own) => {
      const [store, vault, audit, alerts] = [own.get(Store), own.get(Vault), own.get(AuditLog), own.get(Alerts)]
      return new SqliteWebhooks({ store, vault, audit, alerts, clock: own.get(Clock), log: own.get(Logger), version })
    })
    .provide(WorstCase, (own) => declaredWorstCase(own.get(CostService), own.get(TokenCounter)))
    .provide(Budgets, (own) => {
      const [store, ledger, audit] = [own.get(Store), own.get(Ledger), own.get(AuditLog)]
      const [alerts, clock, log] = [own.get(Alerts), own.get(Clock), own.get(Logger)]
      return new SqliteBudgets({ store, ledger, audit, alerts, clock, log })
    })
    .provide(UsageReports, (own) => {
      const [store, clock, audit, prices] = [own.get(Store), own.get(Clock), own.get(AuditLog), own.get(CostService)]
      return new SqliteUsage({ store, clock, audit, prices, catalog: () => own.get(Catalog) })
    })
    .provide(PriceVersions, (own) => new SqlitePriceVersions(own.get(Store), own.get(Clock), own.get(Logger)))
    .provide(
      CostService,
      (own) =>
        new PriceBook({
          clock: own.get(Clock),
          log: own.get(Logger),
          base: baseBook,
          settings: () => priceSettings(dataDir, prices),
        }),
    )
}

function masterKey(dataDir: string | undefined, given: string | undefined): MasterKey {
  if (given !== undefined && given !== '') return givenMasterKey(given)
  return dataDir === undefined ? passingMasterKey() : masterKeyFile(join(dataDir, 'master.key'))
}

const priceFile = (dataDir: string): string => join(dataDir, 'prices.json')

/** The host's own word is stronger than the file's. */
async function priceSettings(
  dataDir: string | undefined,
  own: PriceSettings | undefined,
): Promise<readonly PriceSettings[]> {
  const hosts = own === undefined ? [] : [checkPriceSettings(own)]
  return dataDir === undefined ? hosts : [...hosts, await readPriceSettings(priceFile(dataDir))]
}

function kernelOptions(
  scope: Scope,
  dataDir: string | undefined,
  configs: Configurations,
  { plugins = [], builtIn = true, hostDir = process.cwd(), watch = true, drainMs = DRAIN_MS }: PlugboardOptions,
): KernelOptions {
  const folders: KernelOptions['folders'][number][] = []
  if (builtIn) folders.push({ dir: builtInDir(), origin: 'built-in', watched: false })
  if (dataDir !== undefined) folders.push({ dir: dropInDir(dataDir), origin: 'drop-in', watched: watch })
  for (const dir of plugins) folders.push({ dir: resolve(dir), origin: 'folder', watched: watch })
  const log = scope.get(Logger)
  return {
    version,
    scope,
    folders,
    hostDir: hostDir === false ? undefined : hostDir,
    drainMs,
    logFor: (plugin) => log.child({ plugin }),
    settingsFor: (id) => configs.sourcesFor(id),
  }
}

/** Settings by plugin id are another way to write the same. */
function hostProviders({ settings = {}, providers = {} }: PlugboardOptions): ReadonlyMap<string, HostProvider> {
  const all = new Map<string, HostProvider>(Object.entries(providers))
  for (const [id, own] of Object.entries(settings)) {
    const provider = all.get(id)
    all.set(id, { ...provider, settings: { ...provider?.settings, ...own } })
  }
  return all
}

function dropInDir(dataDir: string): string {
  const dir = join(dataDir, 'plugins')
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    return dir
  } catch (error) {
    throw new PlugboardError(
      'DATA_DIR_UNUSABLE',
      `The data folder ${dataDir} cannot be used: ${(error as Error).message}`,
      {
        hint: 'Set PLUGBOARD_HOME to a folder this user can write to.',
        cause: error,
      },
    )
  }
}

const logLevelOf = (text: string | undefined): LogLevel => LOG_LEVELS.find((level) => level === text) ?? 'warn'
