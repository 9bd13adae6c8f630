import type { PluginLogger } from '@plugboard/sdk'
import { QUERY } from './loader.ts'

/**
 * Keeps a process alive when plugin code fails where nobody waits for it: in a timer, or in a promise it forgot. Such a
 * failure has no request to belong to, so it is logged. Exceptions of anybody else still end the process, because nobody
 * knows what they left half done. For processes that belong to Plugboard; an embedding host decides for itself.
 */
export function containPluginFailures(log: PluginLogger): void {
  process.on('unhandledRejection', (error) => {
    log.error('a promise was rejected and nobody was waiting for it', { error })
  })
  process.on('uncaughtException', (error) => {
    // Anything can be thrown, not only what the types of Node promise.
    if ((error as Error | undefined)?.stack?.includes(QUERY) !== true) {
      console.error(error)
      process.exit(1)
    }
    log.error('a plugin threw where nobody could catch it', { error })
  })
}
