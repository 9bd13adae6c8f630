import { join } from 'node:path'
import { Secret, type PlugboardError } from '@plugboard/sdk'
import { kernelError } from './errors.ts'
import { invalid, readJson, sentence, type ReadManifest } from './manifest.ts'
import { plainTest } from './plain-test.ts'
import { compileSchema, lazyCheck, type Check, type SchemaFinding } from './schema.ts'

/** A plugin's settings, ready for use: plain values and secrets apart. */
export interface Settings {
  readonly config: Readonly<Record<string, unknown>>
  readonly secrets: ReadonlyMap<string, Secret>
}

export interface SettingsSources {
  /** What the host set; wins over all others. */
  readonly own: Readonly<Record<string, unknown>>
  /** What the user saved; wins over the environment. Its secrets were checked then, and are not looked at. */
  readonly saved?: Settings
  readonly env: Readonly<Record<string, string | undefined>>
}

interface ConfigSchema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Property>>
}

interface Property {
  readonly type?: string
  readonly writeOnly?: boolean
  readonly title?: string
  readonly format?: string
}

/** What can be set on a plugin. */
export interface SettingsForm {
  /** JSON Schema of all settings together, fit for drawing a form. */
  readonly schema: object
  /** Whether a setting is kept apart and masked. */
  isSecret(key: string): boolean
  /** The settings of these sources. Throws PlugboardError `CONFIG_INVALID`, naming every wrong place. */
  read(sources: SettingsSources): Settings
}

/** Settings of a plugin that describes none: a key, and another base URL for its provider. */
const STANDARD_SCHEMA: ConfigSchema = {
  type: 'object',
  properties: {
    apiKey: { title: 'API key', type: 'string', format: 'password', writeOnly: true },
    baseUrl: { title: 'Base URL', type: 'string' },
  },
}

export async function settingsForm(manifest: ReadManifest, dir: string): Promise<SettingsForm> {
  const schema = await configSchema(manifest, dir)
  const check = checkFor(schema, manifest)
  const properties = schema.properties ?? {}
  return {
    schema,
    isSecret: (key) => isSecret(key, properties, manifest),
    read: (sources) => readSettings({ read: manifest, properties, check }, sources),
  }
}

interface Rules {
  readonly read: ReadManifest
  readonly properties: NonNullable<ConfigSchema['properties']>
  readonly check: Check<unknown>
}

function readSettings({ read, properties, check }: Rules, { own, saved, env }: SettingsSources): Settings {
  const kept = [...(saved?.secrets ?? [])].filter(([key]) => !Object.hasOwn(own, key))
  const given: Record<string, unknown> = {
    ...fromEnv(read, properties, env),
    ...saved?.config,
    ...Object.fromEntries(kept.map(([key]) => [key, UNREAD])),
    ...own,
  }
  const values = Object.fromEntries(
    Object.entries(given).map(([key, value]) => [key, value instanceof Secret ? value.reveal() : value]),
  )
  const unread = new Set(kept.map(([key]) => `/${key}`))
  const findings = check(values).findings.filter(({ pointer }) => !unread.has(pointer))
  if (findings.length > 0) throw refused(findings, read)

  const config: Record<string, unknown> = {}
  const secrets = new Map<string, Secret>(kept)
  for (const [key, value] of Object.entries(values)) {
    if (value === UNREAD) continue
    if (!isSecret(key, properties, read)) config[key] = value
    else if (typeof value === 'string' && value !== '') secrets.set(key, new Secret(value))
  }
  return { config, secrets }
}

/** Stands for a secret that is there and has not been decrypted. */
const UNREAD = Symbol('unread')

/** What the schema marks, and always the key that `auth` sends: a forgotten mark must not make it readable. */
const isSecret = (
  key: string,
  properties: NonNullable<ConfigSchema['properties']>,
  { manifest: { contributes } }: ReadManifest,
): boolean =>
  properties[key]?.writeOnly === true ||
  (key === 'apiKey' && contributes.providers?.some(({ auth }) => auth !== undefined && auth.type !== 'none') === true)

async function configSchema({ manifest, file, prefix }: ReadManifest, dir: string): Promise<ConfigSchema> {
  const { config } = manifest
  if (config === undefined) return STANDARD_SCHEMA
  const schema = typeof config === 'string' ? await readJson(join(dir, config)) : config
  if (typeof schema !== 'object' || schema === null || (schema as ConfigSchema).type !== 'object')
    throw invalid(file, prefix, [{ pointer: '/config', message: 'must be a JSON Schema with "type": "object"' }])
  return schema as ConfigSchema
}

/** Environment variables the manifest declares, each as the setting it fills. An empty variable counts as not set. */
function fromEnv(
  { manifest }: ReadManifest,
  properties: NonNullable<ConfigSchema['properties']>,
  env: SettingsSources['env'],
): Record<string, unknown> {
  const declared: [name: string, key: string][] = Object.entries(manifest.permissions?.env ?? {})
  for (const { auth } of manifest.contributes.providers ?? [])
    if (auth !== undefined && auth.type !== 'none' && auth.env !== undefined) declared.push([auth.env, 'apiKey'])
  const values: Record<string, unknown> = {}
  for (const [name, key] of declared) {
    const text = env[name]
    if (text === undefined || text === '') continue
    values[key] = typed(text, properties[key]?.type)
  }
  return values
}

/** Environment variables are text; numbers and switches are read as such where the schema wants them. */
function typed(text: string, type: string | undefined): unknown {
  if ((type === 'number' || type === 'integer') && text.trim() !== '' && Number.isFinite(Number(text)))
    return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

/** Schemas that are right beyond doubt: a list of plain settings, which is what nearly all plugins have. */
const isPlainForm = plainTest({
  type: 'object',
  additionalProperties: false,
  required: ['type'],
  properties: {
    type: { const: 'object' },
    additionalProperties: { type: 'boolean' },
    properties: { type: 'object', additionalProperties: { $ref: '#/$defs/setting' } },
  },
  $defs: {
    setting: {
      type: 'object',
      additionalProperties: false,
      required: ['type'],
      properties: {
        type: { enum: ['string', 'integer', 'number', 'boolean'] },
        title: { type: 'string' },
        description: { type: 'string' },
        format: { enum: ['password', 'uri'] },
        writeOnly: { type: 'boolean' },
        default: { type: ['string', 'number', 'boolean'] },
        enum: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string' } },
        minLength: { type: 'integer', minimum: 0 },
        minimum: { type: 'number' },
        maximum: { type: 'number' },
      },
    },
  },
})

/** A schema that is not right is refused now, whether or not anything is set. */
const checkFor = (schema: ConfigSchema, read: ReadManifest): Check<unknown> =>
  isPlainForm(schema) ? lazyCheck({ ...schema }, { useDefaults: true, unread: UNREAD }) : compiled(schema, read)

function compiled(schema: ConfigSchema, { file, prefix }: ReadManifest): Check<unknown> {
  try {
    return compileSchema<unknown>(schema, { useDefaults: true })
  } catch (error) {
    const message = `is not a usable JSON Schema: ${(error as Error).message}`
    const finding = { file, pointer: `${prefix}/config`, message }
    throw kernelError('CONFIG_SCHEMA_INVALID', sentence(finding), { cause: error, details: { findings: [finding] } })
  }
}

function refused(findings: readonly SchemaFinding[], { manifest }: ReadManifest): PlugboardError {
  const placed = findings.map((finding) => ({ file: `settings of ${manifest.id}`, ...finding }))
  return kernelError('CONFIG_INVALID', placed.map(sentence).join('\n'), { details: { findings: placed } })
}
