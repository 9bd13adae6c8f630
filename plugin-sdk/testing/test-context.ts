import { inspect } from 'node:util'
import { PlugboardError } from '../errors.ts'
import type { Http } from '../http.ts'
import type { PluginContext, PluginLogger } from '../plugin.ts'
import type { ProviderDeclaration } from '../provider.ts'
import type { MadeUpSettings } from './settings.ts'

export interface TestContextParts {
  readonly pluginId: string
  readonly settings: MadeUpSettings
  readonly declarations: readonly ProviderDeclaration[]
  readonly http: Http
  /** Gets every log line as text. */
  readonly log: string[]
}

export interface TestContext {
  readonly context: PluginContext
  /** Ends this version as a host does: signal first, then what was deferred, newest first. Tells what went wrong. */
  dispose(): Promise<readonly string[]>
}

/** Milliseconds a host waits for one deferred function. */
const UNDO_MS = 5_000

/** The context of a plugin that runs nowhere. */
export function createTestContext({ pluginId, settings, declarations, http, log }: TestContextParts): TestContext {
  const stop = new AbortController()
  const undos: (() => void | Promise<void>)[] = []
  const write = (message: string, details?: object): void => {
    log.push(details === undefined ? message : `${message} ${inspect(details, { depth: 12, maxStringLength: null })}`)
  }
  const logger: PluginLogger = { debug: write, info: write, warn: write, error: write }
  return {
    context: {
      pluginId,
      generation: 'test',
      config: settings.config,
      secret: (key) => settings.secrets.get(key),
      log: logger,
      http,
      signal: stop.signal,
      defer: (undo) => void undos.push(undo),
      // What the host of the test has installed.
      importPackage: (name) => import(name) as Promise<unknown>,
      declarations,
      declaration(providerId) {
        const found = declarations.find(({ id }) => id === providerId)
        if (found !== undefined) return found
        throw new PlugboardError('CONTRIBUTION_UNDECLARED', `The plugin declares no provider "${providerId}".`)
      },
    },
    async dispose() {
      stop.abort(new PlugboardError('PROVIDER_UNPLUGGED', 'The plugin was removed.'))
      const problems: string[] = []
      for (const undo of undos.toReversed()) {
        const problem = await failureOf(undo)
        if (problem !== undefined) problems.push(problem)
      }
      await http[Symbol.asyncDispose]()
      return problems
    },
  }
}

async function failureOf(undo: () => void | Promise<void>): Promise<string | undefined> {
  const late = Promise.withResolvers<string>()
  const timer = setTimeout(() => late.resolve(`a deferred function took longer than ${UNDO_MS} ms`), UNDO_MS)
  const undone = async (): Promise<undefined> => {
    await undo()
  }
  try {
    return await Promise.race([undone(), late.promise])
  } catch (error) {
    return `a deferred function threw ${String(error)}`
  } finally {
    clearTimeout(timer)
  }
}
