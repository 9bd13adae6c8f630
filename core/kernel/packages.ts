import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { kernelError, messageOf } from './errors.ts'

/** Begins a specifier that says itself where it is to be resolved from. */
const FROM = 'plugboard-from:'
const PACKAGE = /^((?:@[\w.-]+\/)?[\w-][\w.-]*)(?:\/[\w./-]+)?$/

let hooked = false

/**
 * Imports a package, or one of its exports, as a module in the first of the folders would that can: from `node_modules`
 * there or above. A package that was replaced on disk stays the old one until the process ends.
 */
export async function importPackage(name: string, folders: readonly string[]): Promise<unknown> {
  const [, owner] = PACKAGE.exec(name) ?? []
  const base = owner === undefined ? undefined : firstOf(folders, (folder) => installedAbove(folder, owner))
  if (base === undefined)
    throw kernelError('PACKAGE_MISSING', `The package "${owner ?? name}" is not installed.`, {
      hint: `Run: npm install --prefix ${folders[0]} ${owner ?? name}`,
    })
  try {
    return await import(resolvedFrom(base, name))
  } catch (error) {
    throw kernelError('PACKAGE_UNUSABLE', `"${name}" in ${base} cannot be imported: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

/**
 * The folder whose `node_modules` holds the package. Looked for without Node's help, which remembers for ever what was
 * missing once: a package installed after a failure would not be found until the process is started anew.
 */
function installedAbove(folder: string, name: string): string | undefined {
  for (let from = resolve(folder); ; from = dirname(from)) {
    if (existsSync(join(from, 'node_modules', name, 'package.json'))) return from
    if (from === dirname(from)) return undefined
  }
}

function resolvedFrom(folder: string, name: string): string {
  if (!hooked)
    registerHooks({
      resolve(specifier, context, next) {
        if (!specifier.startsWith(FROM)) return next(specifier, context)
        const [parentURL, wanted] = JSON.parse(decodeURIComponent(specifier.slice(FROM.length))) as [string, string]
        return next(wanted, { ...context, parentURL })
      },
    })
  hooked = true
  const parentURL = pathToFileURL(`${folder}/`).href
  return import.meta.resolve(`${FROM}${encodeURIComponent(JSON.stringify([parentURL, name]))}`)
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}
