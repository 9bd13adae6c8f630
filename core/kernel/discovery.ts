import { readFile, readdir, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kernelError, messageOf } from './errors.ts'
import { MANIFEST_FILE } from './manifest.ts'
import type { PluginOrigin } from './plugin-info.ts'

const PLUGIN_KEYWORD = 'plugboard-plugin'

/** A place that may hold a plugin; whether it is a good one shows when it is loaded. */
export interface PluginSource {
  readonly id: string
  readonly dir: string
  readonly origin: PluginOrigin
}

/** A folder whose sub-folders are plugins or, when `single`, that is itself one. */
export interface PluginRoot {
  /** Absolute, links resolved. */
  readonly dir: string
  readonly origin: PluginOrigin
  readonly single?: boolean
}

export async function pluginRoot(dir: string, origin: PluginOrigin): Promise<PluginRoot> {
  try {
    const real = await realpath(dir)
    return { dir: real, origin, single: await isPlugin(real) }
  } catch (error) {
    throw kernelError('PLUGIN_FOLDER_MISSING', `The plugin folder ${dir} cannot be read: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

const isPlugin = async (dir: string): Promise<boolean> =>
  (await readdir(dir)).includes(MANIFEST_FILE) || (await packageAt(dir))?.plugboard !== undefined

/** Where the plugins that ship with Plugboard lie. */
export const builtInDir = (): string =>
  fileURLToPath(new URL('.', import.meta.resolve('@plugboard/plugins/package.json')))

/** The plugins below a root. A folder without a manifest is a broken plugin in a drop-in root, and no plugin elsewhere. */
export async function discoverRoot({ dir, origin, single }: PluginRoot): Promise<PluginSource[]> {
  if (single === true) return (await entriesOf(dir)).length === 0 ? [] : [{ id: basename(dir), dir, origin }]
  const sources: PluginSource[] = []
  for (const name of (await entriesOf(dir)).toSorted()) {
    if (name.startsWith('.') || name === 'node_modules') continue
    const folder = join(dir, name)
    try {
      const inside = await entriesOf(folder)
      if (inside.length === 0 || (origin === 'built-in' && !inside.includes(MANIFEST_FILE))) continue
      sources.push({ id: name, dir: await realpath(folder), origin })
    } catch {
      // Not to be read, for example a link to itself: loading it says why, and the others are not concerned.
      sources.push({ id: name, dir: folder, origin })
    }
  }
  return sources
}

/** Packages among the host's dependencies that carry the keyword. Nothing else in node_modules is looked at. */
export async function discoverPackages(hostDir: string): Promise<PluginSource[]> {
  const host = await packageAt(hostDir)
  const names = Object.keys({ ...host?.dependencies, ...host?.optionalDependencies, ...host?.devDependencies })
  const sources: PluginSource[] = []
  for (const name of names.toSorted()) {
    const dir = await installedAt(hostDir, name)
    if (dir === undefined || (await packageAt(dir))?.keywords?.includes(PLUGIN_KEYWORD) !== true) continue
    sources.push({ id: idOfPackage(name), dir: await realpath(dir), origin: 'npm' })
  }
  return sources
}

/** Looks upwards, as Node does: in a workspace a package is often installed above the host. */
async function installedAt(hostDir: string, name: string): Promise<string | undefined> {
  for (let from = resolve(hostDir); ; from = dirname(from)) {
    const dir = join(from, 'node_modules', name)
    if ((await packageAt(dir)) !== undefined) return dir
    if (from === dirname(from)) return undefined
  }
}

/** `@scope/plugboard-acme` -> `acme`. */
export const idOfPackage = (name: string): string => name.replace(/^@[^/]+\//, '').replace(/^plugboard-/, '')

interface PackageJson {
  readonly keywords?: readonly string[]
  readonly plugboard?: unknown
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

async function packageAt(dir: string): Promise<PackageJson | undefined> {
  try {
    return JSON.parse(await readFile(join(dir, 'package.json'), 'utf8')) as PackageJson
  } catch {
    // No package, or one that npm itself could not read: either way no plugin of ours.
    return undefined
  }
}

async function entriesOf(dir: string): Promise<string[]> {
  try {
    return await readdir(dir)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}
