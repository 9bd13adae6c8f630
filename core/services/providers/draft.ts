import { PlugboardError, Secret } from '@plugboard/sdk'
import { kernelError } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { errorOf } from '../../kernel/plugin-info.ts'
import type { SettingsForm } from '../../kernel/settings.ts'
import { newRevision, unsaved, type ProviderConfig } from './config-table.ts'
import type { Configurations, Draft } from './configurations.ts'
import type { ProviderChanges, ProviderInfo } from './providers.ts'

/** Ids stand in names of models, in paths and in tables. */
const ID = /^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/
const MAX_ID = 64

export interface Planned {
  readonly id: string
  readonly draft: Draft
  /** Names of secrets, for the audit log. */
  readonly added: readonly string[]
  readonly updated: readonly string[]
}

export interface Ground {
  readonly kernel: Kernel
  readonly configs: Configurations
  /** The provider as it is; undefined for a new instance. */
  readonly known: ProviderInfo | undefined
  readonly now: number
}

interface Wanted {
  readonly settings?: ProviderChanges['settings'] | undefined
  readonly name?: string | null | undefined
}

/** What a save would change, checked as far as it can be without serving with it. Throws what `Providers.save` rejects with. */
export function draftOf(id: string, changes: ProviderChanges, ground: Ground): readonly Planned[] {
  const { known } = ground
  const type = typeOf(id, changes, ground)
  const { settings, name } = changes
  // Providers of one plugin share its settings, which stand under the plugin's own id.
  const settingsId = known?.plugin === undefined || known.type !== id ? id : known.plugin
  if (settingsId === id) {
    const isNew = known === undefined
    return settings === undefined && name === undefined && !isNew ? [] : [planned(id, type, { settings, name }, ground)]
  }
  return [
    ...(settings === undefined ? [] : [planned(settingsId, settingsId, { settings }, ground)]),
    ...(name === undefined ? [] : [planned(id, type, { name }, ground)]),
  ]
}

function typeOf(id: string, { type, settings }: ProviderChanges, { kernel, configs, known }: Ground): string {
  if (known !== undefined) {
    if (type !== undefined && type !== known.type)
      throw new PlugboardError('PROVIDER_TYPE_FIXED', `"${id}" is a provider of type "${known.type}".`, {
        hint: 'Make another one under another id, or remove this one first.',
      })
    if (known.plugin === undefined && known.problem === undefined && settings !== undefined)
      throw new PlugboardError('PROVIDER_HOST_OWNED', `"${id}" was registered by the program around it.`, {
        hint: 'It has no settings here; change them there.',
      })
    return known.type
  }
  if (!ID.test(id) || id.length > MAX_ID)
    throw kernelError('PROVIDER_ID_INVALID', `"${id}" cannot be the id of a provider.`)
  if (kernel.lifecycle(id) !== undefined || configs.get(id) !== undefined)
    throw kernelError('CONTRIBUTION_TAKEN', `"${id}" is the id of a plugin.`)
  return type ?? id
}

function planned(id: string, type: string, { settings = {}, name }: Wanted, ground: Ground): Planned {
  const { configs, now } = ground
  const form = formOf(id, type, ground)
  const before = configs.get(id) ?? unsaved(id, type, now)
  const had = new Set(configs.secretNames(id))
  const config: Record<string, unknown> = { ...before.settings }
  const secrets = new Map<string, Secret>()
  const removed = new Set<string>()
  for (const [key, value] of Object.entries(settings)) {
    const isGone = value === null || value === undefined
    if (form.isSecret(key)) {
      if (isGone) removed.add(key)
      else secrets.set(key, secretOf(value, key, id))
    } else if (isGone) delete config[key]
    else config[key] = value
  }
  const next: ProviderConfig = {
    ...before,
    name: name === undefined ? before.name : (name ?? undefined),
    settings: config,
    revision: newRevision(),
    updatedAt: now,
  }
  const draft = { config: next, secrets, removed: new Set([...removed].filter((key) => had.has(key))) }
  check(id, form, draft, configs)
  const names = [...secrets.keys()]
  return { id, draft, added: names.filter((key) => !had.has(key)), updated: names.filter((key) => had.has(key)) }
}

/** Before anything is built: a slip of the pen is no failure of the plugin. */
function check(id: string, form: SettingsForm, draft: Draft, configs: Configurations): void {
  configs.draft(id, draft)
  try {
    form.read(configs.sourcesFor(id))
  } finally {
    configs.settle(id)
  }
}

/** What can be set. Throws why the plugin could not be read, or that there is none. */
function formOf(id: string, type: string, { kernel }: Ground): SettingsForm {
  const lifecycle = kernel.lifecycle(id) ?? kernel.pluginOffering(type)
  const form = lifecycle?.described?.form
  if (form !== undefined) return form
  const problem = lifecycle?.info.problem
  if (problem !== undefined) throw errorOf(problem)
  throw kernelError('PROVIDER_TYPE_UNKNOWN', `There is no provider "${type}" that "${id}" could be one of.`)
}

function secretOf(value: unknown, key: string, id: string): Secret {
  if (value instanceof Secret) return value
  if (typeof value === 'string' && value !== '') return new Secret(value)
  const finding = { file: `settings of ${id}`, pointer: `/${key}`, message: 'must be a text that is not empty' }
  throw kernelError('CONFIG_INVALID', `${finding.file}: ${finding.pointer} ${finding.message}`, {
    details: { findings: [finding] },
  })
}
