import { join } from 'node:path'
import { Secret } from '@plugboard/sdk'
import { kernelError } from './errors.ts'
import { invalid, readJson, sentence, type ReadManifest } from './manifest.ts'
import { compileSchema } from './schema.ts'

/** A plugin's settings, ready for use: plain values and secrets apart. */
export interface Settings {
  readonly config: Readonly<Record<string, unknown>>
  readonly secrets: ReadonlyMap<string, Secret>
}

export interface SettingsSources {
  /** What the user or the host set; wins over the environment. */
  readonly own: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
}

interface ConfigSchema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, { readonly type?: string; readonly writeOnly?: boolean }>>
}

/** Settings of a plugin that describes none: a key, and another base URL for its provider. */
const STANDARD_SCHEMA: ConfigSchema = {
  type: 'object',
  properties: { apiKey: { type: 'string', writeOnly: true }, baseUrl: { type: 'string' } },
}

export async function readSettings(read: ReadManifest, dir: string, sources: SettingsSources): Promise<Settings> {
  const schema = await configSchema(read, dir)
  const properties = schema.properties ?? {}
  const given: Record<string, unknown> = { ...fromEnv(read, properties, sources.env), ...sources.own }
  const values = Object.fromEntries(
    Object.entries(given).map(([key, value]) => [key, value instanceof Secret ? value.reveal() : value]),
  )
  validate(schema, values, read)

  const config: Record<string, unknown> = {}
  const secrets = new Map<string, Secret>()
  for (const [key, value] of Object.entries(values)) {
    if (!isSecret(key, properties, read)) config[key] = value
    else if (typeof value === 'string' && value !== '') secrets.set(key, new Secret(value))
  }
  return { config, secrets }
}

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

function validate(schema: ConfigSchema, values: Record<string, unknown>, read: ReadManifest): void {
  const { file, prefix, manifest } = read
  let check
  try {
    check = compileSchema<unknown>(schema, { useDefaults: true })
  } catch (error) {
    const message = `is not a usable JSON Schema: ${(error as Error).message}`
    const finding = { file, pointer: `${prefix}/config`, message }
    throw kernelError('CONFIG_SCHEMA_INVALID', sentence(finding), { cause: error, details: { findings: [finding] } })
  }
  const { findings } = check(values)
  if (findings.length === 0) return
  const placed = findings.map((finding) => ({ file: `settings of ${manifest.id}`, ...finding }))
  throw kernelError('CONFIG_INVALID', placed.map(sentence).join('\n'), { details: { findings: placed } })
}
