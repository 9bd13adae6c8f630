import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import semver from 'semver'
import type { ProviderDeclaration } from '@plugboard/sdk'
import { kernelError } from './errors.ts'
import type { Finding } from './plugin-info.ts'
import type { PlainSchema } from './plain-test.ts'
import { lazyCheck, type Check, type SchemaFinding } from './schema.ts'

export const MANIFEST_FILE = 'plugboard.json'

/** A plugin's manifest, after validation. */
export interface Manifest {
  readonly manifest: 1
  readonly id: string
  readonly name: string
  readonly version: string
  readonly description?: string
  readonly main?: string
  readonly engines: { readonly plugboard: string; readonly node?: string }
  readonly config?: string | Readonly<Record<string, unknown>>
  readonly contributes: { readonly providers?: readonly ProviderDeclaration[] }
  readonly permissions?: { readonly net?: readonly string[]; readonly env?: Readonly<Record<string, string>> }
  readonly links?: Readonly<Record<string, string>>
}

export interface ReadManifest {
  readonly manifest: Manifest
  /** The file it stands in, for messages. */
  readonly file: string
  /** JSON pointer of the manifest in that file. */
  readonly prefix: string
}

const check: Check<Manifest> = lazyCheck(
  createRequire(import.meta.url)('@plugboard/sdk/schema/manifest.v1.json') as PlainSchema,
)

/** Throws PlugboardError `MANIFEST_INVALID` when a manifest could not declare this provider. */
export function checkProviderDeclaration(declaration: ProviderDeclaration): void {
  const around = { manifest: 1, id: 'host', name: 'Host', version: '0.0.0', engines: { plugboard: '0' } }
  const { findings } = check({ ...around, contributes: { providers: [declaration] } })
  const place = /^\/contributes\/providers\/0/
  const inside = findings.map((finding) => ({ ...finding, pointer: finding.pointer.replace(place, '') }))
  if (inside.length > 0) throw invalid('the declaration', '', inside)
}

/** Reads `plugboard.json`, or the `plugboard` field of `package.json`, and checks it against the published schema. */
export async function readManifest(dir: string, expectedId: string, hostVersion: string): Promise<ReadManifest> {
  const { json, file, prefix } = await locate(dir)
  const { value: manifest, findings } = check(json)
  if (findings.length > 0) throw invalid(file, prefix, findings)
  if (manifest.id !== expectedId)
    throw kernelError(
      'MANIFEST_ID_MISMATCH',
      `${file}: "id" is "${manifest.id}" but the folder or package is named "${expectedId}".`,
    )
  const read = { manifest, file, prefix }
  checkEngines(read, hostVersion)
  checkUnique(read)
  return read
}

async function locate(dir: string): Promise<{ json: unknown; file: string; prefix: string }> {
  const file = join(dir, MANIFEST_FILE)
  const own = await readJson(file)
  if (own !== undefined) return { json: own, file, prefix: '' }
  const packageFile = join(dir, 'package.json')
  const field = ((await readJson(packageFile)) as { plugboard?: unknown } | undefined)?.plugboard
  if (field === undefined) throw kernelError('MANIFEST_MISSING', `${dir} holds no ${MANIFEST_FILE}.`)
  return { json: field, file: packageFile, prefix: '/plugboard' }
}

/** Undefined when the file is not there. */
export async function readJson(file: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw kernelError('MANIFEST_UNREADABLE', `${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown
  } catch (error) {
    throw kernelError('MANIFEST_UNREADABLE', `${file} is not JSON: ${withPlace(text, (error as Error).message)}`, {
      cause: error,
    })
  }
}

/** Adds line and column where V8 tells only an offset, or nothing at all. */
function withPlace(text: string, message: string): string {
  if (/line \d+ column \d+/.test(message)) return message
  const before = text.slice(0, UNEXPECTED.test(message) ? offsetOfToken(text) : text.length).split('\n')
  return `${message} (line ${before.length} column ${(before.at(-1) ?? '').length + 1})`
}

const UNEXPECTED = /^Unexpected token/

/** An unexpected token comes without its offset: it is the last character of the shortest beginning that has it. */
function offsetOfToken(text: string): number {
  let without = 0
  let having = text.length
  while (having - without > 1) {
    const middle = (without + having) >> 1
    if (UNEXPECTED.test(jsonError(text.slice(0, middle)))) having = middle
    else without = middle
  }
  return without
}

function jsonError(text: string): string {
  try {
    JSON.parse(text)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

export function invalid(file: string, prefix: string, found: readonly SchemaFinding[]): Error {
  const findings: Finding[] = found.map((finding) => ({ file, ...finding, pointer: prefix + finding.pointer }))
  return kernelError('MANIFEST_INVALID', findings.map(sentence).join('\n'), { details: { findings } })
}

export const sentence = ({ file, pointer, message, didYouMean }: Finding): string =>
  `${file}: ${pointer === '' ? 'the document' : pointer} ${message}${didYouMean === undefined ? '' : `; did you mean "${didYouMean}"?`}`

function checkEngines({ manifest: { engines }, file, prefix }: ReadManifest, hostVersion: string): void {
  const wanted: [name: string, range: string | undefined, have: string][] = [
    ['plugboard', engines.plugboard, hostVersion],
    ['node', engines.node, process.versions.node],
  ]
  for (const [name, range, have] of wanted) {
    if (range === undefined) continue
    if (semver.validRange(range) === null)
      throw invalid(file, prefix, [
        { pointer: `/engines/${name}`, message: `"${range}" is not a version range, for example "^${have}"` },
      ])
    if (!semver.satisfies(have, range, { includePrerelease: true }))
      throw kernelError('ENGINE_UNSUPPORTED', `${file}: wants ${name} ${range}, this is ${name} ${have}.`)
  }
}

function checkUnique({ manifest: { contributes }, file, prefix }: ReadManifest): void {
  const seen = new Set<string>()
  contributes.providers?.forEach(({ id, models = [] }, index) => {
    if (seen.has(id))
      throw invalid(file, prefix, [{ pointer: `/contributes/providers/${index}/id`, message: `"${id}" stands twice` }])
    seen.add(id)
    const names = new Set<string>()
    models.forEach((model, position) => {
      const pointer = `/contributes/providers/${index}/models/${position}/id`
      if (names.has(model.id)) throw invalid(file, prefix, [{ pointer, message: `"${model.id}" stands twice` }])
      names.add(model.id)
    })
  })
}
