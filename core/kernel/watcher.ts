// The one file that knows chokidar.
import { sep } from 'node:path'
import { watch } from 'chokidar'
import type { PluginRoot } from './discovery.ts'
import { isPluginFile } from './fingerprint.ts'

/** Copying a folder in takes about 100 ms and brings the manifest before the code; deleting reports as late as that. */
const QUIET_MS = 200

export interface Watcher extends AsyncDisposable {
  /** Resolves when changes from now on are seen. */
  readonly ready: Promise<void>
}

export interface WatchHandlers {
  /** A plugin's files have been quiet after a change; `name` is its folder. It says where to look, not what has changed. */
  readonly changed: (name: string) => void
  readonly failed: (error: unknown) => void
}

export function watchRoots(roots: readonly PluginRoot[], { changed, failed }: WatchHandlers): Watcher {
  const watcher = watch(
    roots.map(({ dir }) => dir),
    { ignoreInitial: true, ignored: (path) => isForeign(path, roots) },
  )
  // One timer per plugin: a plugin whose files never rest must not keep the others waiting.
  const timers = new Map<string, NodeJS.Timeout>()
  watcher.on('all', (_event, path) => {
    const name = pluginOf(path, roots)
    if (name === undefined) return
    clearTimeout(timers.get(name))
    const fire = (): void => {
      timers.delete(name)
      changed(name)
    }
    timers.set(name, setTimeout(fire, QUIET_MS))
  })
  watcher.on('error', failed)
  return {
    ready: new Promise((resolve) => {
      watcher.once('ready', resolve)
    }),
    async [Symbol.asyncDispose]() {
      for (const timer of timers.values()) clearTimeout(timer)
      await watcher.close()
    },
  }
}

const rootOf = (path: string, roots: readonly PluginRoot[]): PluginRoot | undefined =>
  roots.find(({ dir }) => path === dir || path.startsWith(dir + sep))

/** Files that belong to no version of a plugin. The path of the root itself may hold dots. */
function isForeign(path: string, roots: readonly PluginRoot[]): boolean {
  const root = rootOf(path, roots)
  return root !== undefined && path !== root.dir && !isPluginFile(path.slice(root.dir.length + 1))
}

function pluginOf(path: string, roots: readonly PluginRoot[]): string | undefined {
  const root = rootOf(path, roots)
  if (root === undefined) return undefined
  if (root.single === true) return root.dir.slice(root.dir.lastIndexOf(sep) + 1)
  return path === root.dir ? undefined : path.slice(root.dir.length + 1).split(sep)[0]
}
