import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  Logger,
  createPlugboard,
  type KernelEvents,
  type Plugboard,
  type PlugboardOptions,
  type PluginInfo,
} from '../core/index.ts'
import { tempDir, type TempDir } from './support/temp-dir.ts'

/** What stands in a plugin's folder: texts as they are, everything else as JSON. */
export type Files = Readonly<Record<string, unknown>>

/** A manifest for a code plugin whose one provider and one model are named `id` and `demo`; `changes` win. */
export const manifestOf = (id: string, changes: Readonly<Record<string, unknown>> = {}): object => ({
  manifest: 1,
  id,
  name: `The plugin ${id}`,
  version: '1.0.0',
  main: './index.ts',
  engines: { plugboard: '^0.1.0' },
  contributes: { providers: [providerOf(id)] },
  ...changes,
})

export const providerOf = (id: string, changes: Readonly<Record<string, unknown>> = {}): object => ({
  id,
  auth: { type: 'none' },
  models: [{ id: 'demo', price: 'free' }],
  defaultModel: 'demo',
  ...changes,
})

export interface CodeParts {
  /** Top of the module, after the SDK's import. */
  readonly top?: string
  /** Body of `setup(context)` before it returns. */
  readonly setup?: string
  /** Body of the generator `stream(request, signal)`. Default: says the plugin's id. */
  readonly stream?: string
}

/** The main file of a code plugin that offers the provider `id`. */
export const codeOf = (id: string, { top = '', setup = '', stream = say(id) }: CodeParts = {}): string => `
import { definePlugin, ProviderError } from '@plugboard/sdk'
${top}
export default definePlugin({
  async setup(context) {
    ${setup}
    return { providers: { '${id}': { api: 1, async *stream(request, signal) { ${stream} } } } }
  },
})
`

/** Statements that yield a whole answer; `text` is put in quotes. */
export const say = (text: string, usage = 'input: 1000, output: 500'): string =>
  sayExpression(JSON.stringify(text), usage)

/** As `say`, for the value of an expression. */
export const sayExpression = (expression: string, usage = 'input: 1000, output: 500'): string => `
  const said = String(${expression})
  yield [
    { type: 'text_start', contentIndex: 0 },
    { type: 'text_delta', contentIndex: 0, delta: said },
    { type: 'text_end', contentIndex: 0, content: said },
  ]
  yield { type: 'finish', reason: 'stop', usage: { cacheRead: 0, cacheWrite: 0, totalTokens: 1500, ${usage} } }
`

/** A code plugin's folder, ready for `writePlugin`. */
export const codePlugin = (
  id: string,
  parts: CodeParts = {},
  changes: Readonly<Record<string, unknown>> = {},
): Files => ({
  'plugboard.json': manifestOf(id, changes),
  'index.ts': codeOf(id, parts),
})

/** Writes files below a folder, each in one step as an editor does. */
export async function writeFiles(dir: string, files: Files): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    const file = join(dir, name)
    await mkdir(dirname(file), { recursive: true })
    const draft = join(dirname(file), `.${process.pid}.draft`)
    await writeFile(draft, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
    await rename(draft, file)
  }
  return dir
}

/** Moves a finished folder into place, as unpacking beside it and renaming does. */
export async function dropIn(root: string, id: string, files: Files): Promise<string> {
  const draft = await writeFiles(join(root, `.${id}.draft`), files)
  const dir = join(root, id)
  await rm(dir, { recursive: true, force: true })
  await rename(draft, dir)
  return dir
}

/** Takes a plugin's folder away in one step. */
export async function removePlugin(root: string, id: string): Promise<void> {
  const gone = join(root, `.${id}.gone`)
  await rename(join(root, id), gone)
  await rm(gone, { recursive: true })
}

export interface Bench extends AsyncDisposable {
  readonly plugboard: Plugboard
  readonly dir: TempDir
  /** The drop-in folder. */
  readonly plugins: string
  readonly log: MemoryLog
}

/**
 * A Plugboard on a data folder of its own with these plugins dropped in, by id. No shipped plugins, no host packages and
 * no environment unless asked for.
 */
export async function startBench(
  plugins: Readonly<Record<string, Files>> = {},
  options: PlugboardOptions = {},
): Promise<Bench> {
  const dir = await tempDir()
  const folder = dir.at('data', 'plugins')
  await mkdir(folder, { recursive: true })
  for (const [id, files] of Object.entries(plugins)) await writeFiles(join(folder, id), files)
  const log = memoryLog()
  const plugboard = await createPlugboard({
    dataDir: dir.at('data'),
    hostDir: false,
    builtIn: false,
    env: {},
    ...options,
    services: (scope) => {
      scope.value(Logger, log)
      options.services?.(scope)
    },
  })
  return {
    plugboard,
    dir,
    plugins: folder,
    log,
    async [Symbol.asyncDispose]() {
      await plugboard[Symbol.asyncDispose]()
      await dir.remove()
    },
  }
}

export function infoOf({ plugboard }: Bench, id: string): PluginInfo {
  const info = plugboard.plugins.find((each) => each.id === id)
  if (info === undefined) throw new Error(`there is no plugin ${id}`)
  return info
}

interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
  readonly fields: Readonly<Record<string, string>>
}

interface MemoryLog extends Logger {
  readonly lines: LogLine[]
  /** What plugins and kernel said at a level, without the rest. */
  messages(level: LogLine['level']): string[]
}

/** A logger that keeps its lines; a plugin's `context.log` ends here, so a plugin can report to a test. */
function memoryLog(lines: LogLine[] = [], fields: Readonly<Record<string, string>> = {}): MemoryLog {
  const write =
    (level: LogLine['level']) =>
    (message: string, details: object = {}) => {
      lines.push({ level, message, details: details as Record<string, unknown>, fields })
    }
  return {
    lines,
    messages: (level) => lines.filter((line) => line.level === level).map(({ message }) => message),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (more) => memoryLog(lines, { ...fields, ...more }),
  }
}

/** The next event of a kind that fits. Rejects after `deadlineMs` (default 5,000). */
export function next<K extends keyof KernelEvents>(
  plugboard: Plugboard,
  event: K,
  fits: (payload: KernelEvents[K]) => boolean = () => true,
  deadlineMs = 5_000,
): Promise<KernelEvents[K]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      off()
      reject(new Error(`no fitting ${event} within ${deadlineMs} ms`))
    }, deadlineMs)
    const off = plugboard.on(event, (payload) => {
      if (!fits(payload)) return
      clearTimeout(timer)
      off()
      resolve(payload)
    })
  })
}

/** The text a model answers with, or why it did not. */
export async function ask(plugboard: Plugboard, model: string, text = 'Hello'): Promise<string> {
  const { content, error } = await plugboard.complete(model, { messages: [{ role: 'user', content: text }] })
  if (error !== undefined) return `${error.class}: ${error.message}`
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

export const hello = { messages: [{ role: 'user' as const, content: 'Hello' }] }
