import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TempDir extends AsyncDisposable {
  readonly path: string
  /** Joins names onto the folder's path. */
  at(...names: string[]): string
  remove(): Promise<void>
}

/** A fresh empty folder. `await using dir = await tempDir()` removes it, with everything in it, when the block ends. */
export async function tempDir(): Promise<TempDir> {
  // The real path, because file watchers and module URLs report that one where the temp folder is a link.
  const path = await realpath(await mkdtemp(join(tmpdir(), 'plugboard-')))
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true, maxRetries: 5 })
  return { path, at: (...names) => join(path, ...names), remove, [Symbol.asyncDispose]: remove }
}
