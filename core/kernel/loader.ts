import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { kernelError } from './errors.ts'

/** Marks every URL inside a plugin, and so every line of a stack that is plugin code. */
export const QUERY = '?plugboard='
const SDK = /^@plugboard\/sdk(\/|$)/

/** Root URL of each loaded plugin -> the generation that is being loaded from it. */
const roots = new Map<string, string>()
let hooked = false

/**
 * Imports one generation of a plugin's module. The generation rides as a query on every URL inside the plugin, so files
 * that its files import are loaded anew too; `@plugboard/sdk` is always the host's own copy, so that a folder needs no
 * node_modules and both sides share one identity.
 */
export async function importPlugin(dir: string, main: string, generation: string): Promise<unknown> {
  hook()
  const root = pathToFileURL(`${dir}/`).href
  roots.set(root, generation)
  try {
    return await import(`${new URL(main, root).href}${QUERY}${generation}`)
  } catch (error) {
    const place = error instanceof Error ? placeOf(error, root) : ''
    const message = error instanceof Error ? error.message : String(error)
    throw kernelError('PLUGIN_LOAD_FAILED', `${main} failed to load: ${message}${place}`, { cause: error })
  }
}

function hook(): void {
  if (hooked) return
  hooked = true
  registerHooks({
    resolve(specifier, context, next) {
      const parent = context.parentURL ?? ''
      const parentRoot = rootOf(parent)
      if (parentRoot !== undefined && SDK.test(specifier))
        return next(specifier, { ...context, parentURL: import.meta.url })
      const resolved = next(specifier, context)
      const root = rootOf(resolved.url)
      if (root === undefined || resolved.url.includes(QUERY)) return resolved
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
  return /\.js$/.test(url) ? (known ?? 'module') : known
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

/** The first place inside the plugin that the error names, as ` (file:line:column)`. */
function placeOf(error: Error, root: string): string {
  const escaped = root.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const place = new RegExp(`${escaped}([^?\\s:]+)(?:\\?[^:\\s)]*)?(:\\d+(?::\\d+)?)?`).exec(error.stack ?? '')
  return place === null ? '' : ` (at ${place[1]}${place[2] ?? ''})`
}
