import { spawn, type ChildProcess } from 'node:child_process'

export interface NodeProcessOptions {
  /** Added to the little that is inherited (search path, temp folder): a developer's own keys must not reach a test. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A running Node process. Disposing it kills it and waits until it is gone. */
export interface NodeProcess extends AsyncDisposable {
  readonly pid: number
  /** Everything written so far. */
  readonly stdout: string
  readonly stderr: string
  /** Resolves when the process is gone and its output has been read. */
  readonly exited: Promise<Exit>
  /**
   * The match of the first stdout line, past or future, that fits. Rejects with all output when the process exits first
   * or the deadline (default 10,000 ms) passes.
   */
  line(pattern: RegExp, deadlineMs?: number): Promise<RegExpExecArray>
  /** Default SIGTERM. */
  kill(signal?: NodeJS.Signals): void
}

const INHERITED = ['PATH', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot']
const EXIT_WITHOUT_CLOSE_MS = 1_000

const running = new Set<ChildProcess>()
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')))

/** Starts this very Node with the arguments, for example `startNode(['server.ts', '--port', '0'])`. */
export function startNode(args: readonly string[], options: NodeProcessOptions = {}): NodeProcess {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited(), ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  if (child.pid === undefined) throw new Error(`${process.execPath} could not be started`)
  running.add(child)

  let stdout = ''
  let stderr = ''
  const looking = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    for (const look of looking) look()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const exited = exitOf(child)

  const output = (): string => `stdout:\n${stdout}\nstderr:\n${stderr}`
  const kill = (signal: NodeJS.Signals = 'SIGTERM'): void => {
    child.kill(signal)
  }

  return {
    pid: child.pid,
    exited,
    kill,
    get stdout() {
      return stdout
    },
    get stderr() {
      return stderr
    },
    line(pattern, deadlineMs = 10_000) {
      return new Promise((resolve, reject) => {
        const settle = (act: () => void): void => {
          clearTimeout(timer)
          looking.delete(look)
          act()
        }
        const look = (): void => {
          const match = firstMatch(stdout, pattern)
          if (match !== undefined) settle(() => resolve(match))
        }
        const fail = (why: string): void =>
          settle(() => reject(new Error(`${why} before a line ${pattern}.\n${output()}`)))
        const timer = setTimeout(() => fail(`${deadlineMs} ms passed`), deadlineMs)
        looking.add(look)
        look()
        void exited.then(({ code, signal }) => fail(`The process exited with ${signal ?? code}`))
      })
    },
    async [Symbol.asyncDispose]() {
      kill('SIGKILL')
      await exited
    },
  }
}

function inherited(): Record<string, string> {
  const env: Record<string, string> = {}
  for (const name of INHERITED) {
    const value = process.env[name]
    if (value !== undefined) env[name] = value
  }
  return env
}

/** Output may still be in the pipes at `exit`; `close` waits for them, but for ever if a grandchild holds one open. */
function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    const settle = (): void => resolve({ code: child.exitCode, signal: child.signalCode })
    child.once('exit', () => {
      running.delete(child)
      setTimeout(settle, EXIT_WITHOUT_CLOSE_MS).unref()
    })
    child.once('close', settle)
  })
}

/** Looks at whole lines only: a chunk may end in the middle of one. */
function firstMatch(text: string, pattern: RegExp): RegExpExecArray | undefined {
  const once = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
  for (const line of text.split('\n').slice(0, -1)) {
    const match = once.exec(line)
    if (match !== null) return match
  }
  return undefined
}
