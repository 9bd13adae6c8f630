import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { isPlugboardError } from '@plugboard/sdk'
import { kernelError, messageOf } from './errors.ts'

const MAX_FILES = 2_000
const MAX_BYTES = 32 * 1024 * 1024

/** Dependencies and dot files do not make a new version; everything else in the folder does. */
export const isPluginFile = (path: string): boolean =>
  !path.split(sep).some((part) => part === 'node_modules' || part.startsWith('.'))

/**
 * Content hash of a plugin's folder: 16 hex digits of SHA-256 over sorted paths and contents. The same bytes give the same
 * hash, so a touched file is not a new version.
 */
export async function fingerprint(dir: string): Promise<string> {
  try {
    return await hashOf(dir)
  } catch (error) {
    if (isPlugboardError(error)) throw error
    throw kernelError('PLUGIN_UNREADABLE', `${dir} cannot be read: ${messageOf(error)}`, { cause: error })
  }
}

async function hashOf(dir: string): Promise<string> {
  const files = await pluginFiles(dir)
  const hash = createHash('sha256')
  let size = 0
  for (const file of files) {
    const content = await readFile(join(dir, file))
    size += content.length
    if (size > MAX_BYTES) throw kernelError('PLUGIN_TOO_LARGE', `${dir} holds more than ${MAX_BYTES / 1024 / 1024} MB.`)
    hash.update(`${file.split(sep).join('/')}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex').slice(0, 16)
}

async function pluginFiles(dir: string): Promise<string[]> {
  const found: string[] = []
  const folders = [dir]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      const name = relative(dir, path)
      if (!isPluginFile(name)) continue
      if (entry.isDirectory()) folders.push(path)
      else if (entry.isFile()) found.push(name)
      if (found.length > MAX_FILES) throw kernelError('PLUGIN_TOO_LARGE', `${dir} holds more than ${MAX_FILES} files.`)
    }
  }
  return found.toSorted()
}
