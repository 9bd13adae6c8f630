import { PlugboardError, type Model } from '@plugboard/sdk'
import { agentIn } from '../agents/agents.ts'
import type { AuditLog } from '../audit/audit.ts'
import type { Settings } from '../settings/settings.ts'
import { DEFAULT_MODEL, type Catalog } from './catalog.ts'

const KEY = 'default_model'

/** The model the user chose, as `provider:model`. */
export const chosenModel = (settings: Settings): string | undefined => settings.get(KEY)

interface Parts {
  readonly catalog: Catalog
  readonly settings: Settings
  readonly audit: AuditLog
}

/** Keeps the choice under the model's full name, so that it means the same when other providers come. Undefined takes it back. */
export async function chooseModel(
  name: string | undefined,
  actor: string,
  { catalog, settings, audit }: Parts,
): Promise<Model | undefined> {
  const model = name === undefined ? undefined : await catalog.resolve(plain(name))
  const from = chosenModel(settings) ?? null
  const to = model === undefined ? undefined : `${model.provider}:${model.id}`
  await settings.set(KEY, to)
  await audit.record({ action: 'model_changed', subject: DEFAULT_MODEL, actor, details: { from, to: to ?? null } })
  return model
}

function plain(name: string): string {
  if (name !== DEFAULT_MODEL && agentIn(name) === undefined) return name
  throw new PlugboardError('MODEL_INVALID', `"${name}" cannot be the default model: it stands for another one.`, {
    hint: 'Name the model itself, for example openai:gpt-4o.',
  })
}
