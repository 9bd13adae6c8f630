import type { ProviderDeclaration, Secret } from '@plugboard/sdk'
import { knownAs } from '../../kernel/known-as.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Lifecycle } from '../../kernel/lifecycle.ts'
import { problemOf, type PluginProblem } from '../../kernel/plugin-info.ts'
import type { ProviderContribution } from '../../kernel/registry.ts'
import type { ConfigTable } from './config-table.ts'
import type { Configurations } from './configurations.ts'
import type { ProviderInfo, ProviderState, Validation } from './providers.ts'

export interface DescriptionParts {
  readonly kernel: Kernel
  readonly configs: Configurations
  readonly table: ConfigTable
  readonly countModels: (provider: string) => number
  readonly lastValidation: (provider: string) => Validation | undefined
}

/** A provider as far as it is known: where it comes from, and what of it serves. */
interface Entry {
  readonly id: string
  readonly type: string
  readonly lifecycle?: Lifecycle | undefined
  readonly declaration?: ProviderDeclaration | undefined
}

/** By id. */
export function describeAll(parts: DescriptionParts): readonly ProviderInfo[] {
  const entries = new Map(entriesOf(parts).map((entry) => [entry.id, entry]))
  return [...entries.values()].map((entry) => describe(entry, parts)).toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** Without opening the secrets of the others. */
export function describeOne(id: string, parts: DescriptionParts): ProviderInfo | undefined {
  const entry = entriesOf(parts).findLast((each) => each.id === id)
  return entry === undefined ? undefined : describe(entry, parts)
}

/** Every provider that a manifest declares, the host registered, or a configuration makes. */
function entriesOf({ kernel, configs }: DescriptionParts): Entry[] {
  const orphans = configs.instances.map((id) => ({ id, type: configs.instanceType(id) ?? id }))
  const hosts = kernel.hostProviders.ids.map((id) => ({ id, type: id }))
  const declared = kernel.lifecycles.flatMap((lifecycle) => {
    const known = knownAs(lifecycle.id, lifecycle.instance, configs.sourcesFor(lifecycle.id).name)
    return (lifecycle.described?.manifest.contributes.providers ?? []).flatMap((written) => {
      const declaration = known(written)
      return declaration === undefined ? [] : [{ id: declaration.id, type: written.id, lifecycle, declaration }]
    })
  })
  return [...orphans, ...declared.filter(isThere), ...hosts]
}

const isThere = ({ lifecycle }: { readonly lifecycle: Lifecycle }): boolean =>
  lifecycle.info.state !== 'gone' && lifecycle.info.state !== 'draining'

function describe(entry: Entry, parts: DescriptionParts): ProviderInfo {
  const { id, type, lifecycle } = entry
  const { kernel, configs, table } = parts
  const contribution = kernel.registry.plugged(id)
  const declaration = contribution?.declaration ?? entry.declaration
  const settings = lifecycle?.settings
  const { secrets, locked } = masked(settings?.secrets ?? new Map<string, Secret>())
  const enabled = configs.isEnabled(id)
  const problem = lifecycle?.info.problem ?? kernel.instances.problem(id) ?? locked
  const saved = savedOf(entry, configs)
  return {
    id,
    type,
    name: configs.host(id)?.name ?? configs.get(id)?.name ?? declaration?.name ?? id,
    plugin: lifecycle?.pluginId,
    protocol: declaration?.protocol,
    baseUrl: contribution?.baseUrl,
    enabled,
    configured: contribution?.configured ?? false,
    state: stateOf(contribution, enabled, locked),
    problem,
    models: parts.countModels(id),
    defaultModel: declaration?.defaultModel,
    maskedKey: secrets['apiKey'],
    settings: settings?.config ?? saved?.settings ?? {},
    secrets,
    schema: lifecycle?.described?.form.schema,
    keysUrl: lifecycle?.described?.manifest.links?.['keys'],
    saved: saved && { createdAt: saved.createdAt, updatedAt: saved.updatedAt },
    lastValidatedAt: table.lastValidatedAt(id),
    lastValidation: parts.lastValidation(id),
  }
}

/** Providers of one plugin share what is saved for it. */
const savedOf = ({ id, lifecycle }: Entry, configs: Configurations): ReturnType<Configurations['get']> =>
  (lifecycle === undefined ? undefined : configs.get(lifecycle.id)) ?? configs.get(id)

function stateOf(
  contribution: ProviderContribution | undefined,
  enabled: boolean,
  locked: PluginProblem | undefined,
): ProviderState {
  if (contribution === undefined) return 'failed'
  if (!enabled) return 'disabled'
  if (!contribution.configured) return 'unconfigured'
  return locked === undefined ? 'ready' : 'failed'
}

/** A vault that is locked is a problem of each provider whose key is in it, and of no other. */
function masked(secrets: ReadonlyMap<string, Secret>): {
  readonly secrets: Readonly<Record<string, string>>
  readonly locked: PluginProblem | undefined
} {
  const masks: Record<string, string> = {}
  let locked: PluginProblem | undefined
  for (const [key, secret] of secrets) {
    try {
      masks[key] = secret.masked
    } catch (error) {
      masks[key] = '...'
      locked = problemOf(error)
    }
  }
  return { secrets: masks, locked }
}
