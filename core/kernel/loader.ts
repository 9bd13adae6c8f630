import { createRequire, registerHooks } from 'node:module'
import { sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { kernelError, messageOf } from './errors.ts'
import { importPackage } from './packages.ts'
import { within } from './within.ts'

/** Marks every URL inside a plugin, and so every line of a stack that is plugin code. */
export const QUERY = '?plugboard='
const LOAD_LIMIT_MS = 10_000
const SDK = /^@plugboard\/sdk(\/|$)/

/** Root URL of each loaded plugin -> the generation that is being loaded from it. */
const roots = new Map<string, string>()
let hooked = false

/**
 * Imports one generation of a plugin's module. The generation rides as a query on every URL inside the plugin, so files
 * that its files import are loaded anew too; `@plugboard/sdk` is always the host's own copy, so that a folder needs no
 * node_modules and both sides share one identity. A package in the place of a module is shared code: all its plugins run
 * the one copy, and it stays as it is until the process ends.
 */
export async function importPlugin(
  dir: string,
  main: string,
  generation: string,
  packageDirs: readonly string[] = [import.meta.dirname],
): Promise<unknown> {
  if (!main.startsWith('./')) return importPackage(main, [dir, ...packageDirs])
  hook()
  const root = pathToFileURL(`${dir}/`).href
  const { href } = new URL(main, root)
  if (!href.startsWith(root)) throw kernelError('PLUGIN_LOAD_FAILED', `${main} lies outside of ${dir}.`)
  roots.set(root, generation)
  forgetRequired(dir)
  return within(LOAD_LIMIT_MS, evaluated(`${href}${QUERY}${generation}`, main, dir), () =>
    kernelError('PLUGIN_LOAD_TIMEOUT', `${main} was not evaluated within ${LOAD_LIMIT_MS / 1000} s.`),
  )
}

async function evaluated(url: string, main: string, dir: string): Promise<unknown> {
  try {
    return await import(url)
  } catch (error) {
    const place = error instanceof Error ? placeOf(error, dir) : ''
    throw kernelError('PLUGIN_LOAD_FAILED', `${main} failed to load: ${messageOf(error)}${place}`, { cause: error })
  }
}

/** CommonJS knows files by their path alone, so what an older version required would be taken for the new one's. */
function forgetRequired(dir: string): void {
  const { cache } = createRequire(import.meta.url)
  for (const file of Object.keys(cache)) if (file.startsWith(dir + sep)) delete cache[file]
}

function hook(): void {
  if (hooked) return
  hooked = true
  registerHooks({
    resolve(specifier, context, next) {
      const parent = context.parentURL ?? ''
      const parentRoot = rootOf(parent)
      if (parentRoot !== undefined && SDK.test(specifier))
        return { url: import.meta.resolve(specifier), shortCircuit: true }
      const resolved = next(specifier, context)
      const root = rootOf(resolved.url)
      if (root === undefined || resolved.url.includes(QUERY)) return resolved
      // What is required is known by its path, and Node finds its format out itself.
      if (context.conditions.includes('require')) return resolved
      const generation = generationOf(parent) ?? roots.get(root)
      return {
        ...resolved,
        url: `${resolved.url}${QUERY}${generation}`,
        format: formatOf(resolved.url, resolved.format),
      }
    },
  })
}

/** A folder without a package.json still holds modules; asking Node to guess would print warnings into the host's log. */
function formatOf(url: string, known: string | null | undefined): string | null | undefined {
  if (/\.m?ts$/.test(url)) return 'module-typescript'
  return url.endsWith('.js') ? (known ?? 'module') : known
}

/** The plugin a file belongs to. What lies in the plugin's own node_modules is shared by its versions, not part of one. */
function rootOf(url: string): string | undefined {
  for (const root of roots.keys())
    if (url.startsWith(root)) return url.includes('/node_modules/', root.length - 1) ? undefined : root
  return undefined
}

const generationOf = (url: string): string | undefined => {
  const at = url.indexOf(QUERY)
  return at === -1 ? undefined : url.slice(at + QUERY.length)
}

/** The first place inside the plugin that the error names, as ` (at file:line:column)`. Node writes URLs or paths. */
function placeOf(error: Error, dir: string): string {
  const folders = [pathToFileURL(dir).href, dir].map((folder) =>
    folder.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`),
  )
  const place = new RegExp(`(?:${folders.join('|')})[/\\\\]([^?\\s:]+)(?:\\?[^:\\s)]*)?(:\\d+(?::\\d+)?)?`).exec(
    error.stack ?? '',
  )
  return place === null ? '' : ` (at ${place[1]}${place[2] ?? ''})`
}
