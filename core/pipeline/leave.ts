/**
 * Tells an iterator that nobody reads on. Not awaited: a plugin that ignores being told to stop keeps nobody waiting; nor is
 * its failing now of interest.
 */
export function leave(iterator: AsyncIterator<unknown>): void {
  try {
    // A plugin without types may return anything.
    Promise.resolve(iterator.return?.()).catch(ignore)
  } catch {
    // It failed at once instead of later.
  }
}

const ignore = (): void => undefined
