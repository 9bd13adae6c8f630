import { readFile, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PlugboardError } from '../errors.ts'
import type { PluginDefinition } from '../plugin.ts'
import type { FolderSubject, LoadedFolder, Plugin, PluginManifest, Subject } from './subject.ts'

const CASSETTES = 'cassettes'

/** Throws PlugboardError `SUBJECT_INVALID` when there is no plugin to test. */
export async function pluginOf(subject: Subject): Promise<Plugin> {
  if ('dir' in subject) return fromFolder(subject)
  if ('manifest' in subject) {
    const { manifest, definition } = subject
    return { manifest, configSchema: inlineSchema(manifest), setup: setupOf(definition), cassettes: {} }
  }
  const { declaration } = subject
  return {
    manifest: { id: declaration.id, contributes: { providers: [declaration] } },
    configSchema: undefined,
    setup: async (context, setup) => ({
      providers: { [declaration.id]: await subject.provider({ ...setup(declaration.id), context }) },
    }),
    cassettes: {},
  }
}

async function fromFolder({ dir, load = loadFolder }: FolderSubject): Promise<Plugin> {
  const { manifest, module } = await load(dir)
  const { config } = manifest
  return {
    manifest,
    configSchema: typeof config === 'string' ? await jsonAt(join(dir, config)) : inlineSchema(manifest),
    setup: manifest.main === undefined ? undefined : setupOf(definitionOf(module)),
    cassettes: await cassettesIn(join(dir, CASSETTES)),
  }
}

const setupOf = (definition: PluginDefinition | undefined): Plugin['setup'] =>
  definition === undefined ? undefined : (context) => definition.setup(context)

function definitionOf(module: unknown): PluginDefinition {
  const definition = (module as { default?: Partial<PluginDefinition> } | undefined)?.default
  if (typeof definition?.setup === 'function') return definition as PluginDefinition
  return broken(new TypeError('the main file has no default export with a setup() function')).default
}

/** Code that cannot be loaded is told as a setup that fails: then it is a finding like any other. */
const broken = (error: unknown): { readonly default: PluginDefinition } => ({
  default: {
    setup() {
      throw error
    },
  },
})

const inlineSchema = ({ config }: PluginManifest): Plugin['configSchema'] =>
  typeof config === 'object' ? config : undefined

async function loadFolder(dir: string): Promise<LoadedFolder> {
  const manifest = await manifestIn(dir)
  if (manifest.main === undefined) return { manifest }
  try {
    return { manifest, module: await import(urlOf(dir, manifest.main)) }
  } catch (error) {
    return { manifest, module: broken(error) }
  }
}

/** A main that is no file of the folder is a package, whose code serves the manifest. */
const urlOf = (dir: string, main: string): string =>
  main.startsWith('./') ? pathToFileURL(join(dir, main)).href : main

async function manifestIn(dir: string): Promise<PluginManifest> {
  const own = await jsonAt(join(dir, 'plugboard.json'), true)
  const found = own ?? (await jsonAt(join(dir, 'package.json'), true))?.['plugboard']
  const manifest = found as Partial<PluginManifest> | undefined
  if (typeof manifest?.id !== 'string' || typeof manifest.contributes !== 'object')
    throw invalid(`${dir} holds no plugboard.json with an "id" and "contributes".`)
  return manifest as PluginManifest
}

async function jsonAt(file: string, mayMiss = false): Promise<Record<string, unknown> | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
  } catch (error) {
    if (mayMiss && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw invalid(`${file} cannot be read: ${(error as Error).message}`)
  }
}

async function cassettesIn(dir: string): Promise<Record<string, unknown>> {
  const names = await readdir(dir).catch(() => [])
  const cassettes: Record<string, unknown> = {}
  for (const name of names.filter((each) => each.endsWith('.json')).toSorted())
    cassettes[basename(name, '.json')] = await readFile(join(dir, name), 'utf8').then(parsed)
  return cassettes
}

/** Text that is no JSON stays text, and is then no cassette. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const invalid = (message: string): PlugboardError =>
  new PlugboardError('SUBJECT_INVALID', message, {
    hint: 'Give the folder of a plugin, or check it with `plugboard plugin validate`.',
  })
