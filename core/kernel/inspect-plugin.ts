import { realpath } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { definitionOf } from './contributions.ts'
import { idOfPackage } from './discovery.ts'
import { kernelError, messageOf } from './errors.ts'
import { fingerprint } from './fingerprint.ts'
import { importPlugin } from './loader.ts'
import { MANIFEST_FILE, readJson, readManifest, type Manifest } from './manifest.ts'
import { settingsForm } from './settings.ts'

export interface InspectedPlugin {
  /** With its links resolved. */
  readonly dir: string
  readonly manifest: Manifest
  /** The module of `main`, evaluated; nothing of it has been called. */
  readonly module: unknown
}

/** Reads a plugin's folder just as for serving it, up to setup(). Rejects with the problem that would be listed. */
export async function inspectPlugin(folder: string, hostVersion: string): Promise<InspectedPlugin> {
  const dir = await realpath(folder).catch((error: unknown) => {
    throw kernelError('PLUGIN_FOLDER_MISSING', `The plugin folder ${folder} cannot be read: ${messageOf(error)}`)
  })
  const read = await readManifest(dir, await expectedId(dir), hostVersion)
  const { manifest } = read
  // Which settings are set is the user's affair; that their schema can be used is the plugin's.
  await settingsForm(read, dir)
  const { main } = manifest
  if (main === undefined) return { dir, manifest, module: undefined }
  const module = await importPlugin(dir, main, await fingerprint(dir))
  definitionOf(module, main)
  return { dir, manifest, module }
}

/** A folder's name, or for a package in its author's hands its package's: either is right, depending on how it is installed. */
async function expectedId(dir: string): Promise<string> {
  const folder = basename(dir)
  const { name, plugboard } = ((await readJson(join(dir, 'package.json'))) ?? {}) as {
    readonly name?: unknown
    readonly plugboard?: { readonly id?: unknown }
  }
  if (typeof name !== 'string') return folder
  const own = (await readJson(join(dir, MANIFEST_FILE))) as typeof plugboard
  const id = idOfPackage(name)
  return (own ?? plugboard)?.id === id ? id : folder
}
