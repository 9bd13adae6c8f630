import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../support/free-port.ts'
import { startNode, type NodeProcess } from '../support/process.ts'
import { tempDir } from '../support/temp-dir.ts'

const CLI = fileURLToPath(new URL('../../core/surfaces/cli/plugboard.js', import.meta.url))
const KEY = 'bench-key-0123456789abcdef'
/** Too much to be spent, so that every call is paid; each is reserved and settled on all the same. */
const LIMIT = ['--limit', '1000000']
const START_DEADLINE_MS = 15_000
const LOOK_EVERY_MS = 5

export interface Gateway extends AsyncDisposable {
  readonly pid: number
  readonly origin: string
  readonly headers: Readonly<Record<string, string>>
  /** From the start of the process to the first model list, with an empty data folder. */
  readonly startMs: number
}

/**
 * The real gateway, started as a user would, with OpenAI's address pointed at the upstream. With `budgetUser` three budgets
 * are set while it runs: for all calls, for the bench's key and for that user.
 */
export async function startGateway(upstreamOrigin: string, budgetUser?: string): Promise<Gateway> {
  await using stack = new AsyncDisposableStack()
  const home = stack.use(await tempDir())
  const port = await freePort()
  const from = performance.now()
  const child = stack.use(
    startNode([CLI, 'serve'], {
      cwd: home.path,
      env: {
        UNIFIED_GATEWAY_PORT: String(port),
        PLUGBOARD_HOME: home.path,
        PLUGBOARD_API_KEY: KEY,
        OPENAI_API_KEY: 'test',
        OPENAI_BASE_URL: `${upstreamOrigin}/v1`,
      },
    }),
  )
  const origin = `http://127.0.0.1:${port}`
  const headers = { authorization: `Bearer ${KEY}` }
  await ready(child, `${origin}/v1/models`, headers)
  const startMs = performance.now() - from
  if (budgetUser !== undefined)
    for (const scope of [['--global'], ['--key', 'PLUGBOARD_API_KEY'], ['--user', budgetUser]])
      await setBudget(home.path, scope)
  const running = stack.move()
  return { pid: child.pid, origin, headers, startMs, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

async function setBudget(home: string, scope: readonly string[]): Promise<void> {
  const child = startNode([CLI, 'budget', 'set', ...scope, ...LIMIT], { cwd: home, env: { PLUGBOARD_HOME: home } })
  const { code } = await child.exited
  if (code !== 0) throw new Error(`The budget could not be set. ${complaint(child.stderr || child.stdout)}`)
}

async function ready(child: NodeProcess, url: string, headers: Record<string, string>): Promise<void> {
  let exit: string | undefined
  void child.exited.then(({ code, signal }) => (exit = `it exited with ${signal ?? code}`))
  let last = 'nothing listens'
  const deadline = performance.now() + START_DEADLINE_MS
  while (exit === undefined && performance.now() < deadline) {
    const status = await fetch(url, { headers }).then(
      async (response) => {
        await response.body?.cancel()
        return response.status
      },
      () => undefined,
    )
    if (status === 200) return
    if (status !== undefined) last = `${url} answers ${status}`
    await sleep(LOOK_EVERY_MS)
  }
  throw new Error(`The gateway did not start: ${exit ?? last}. ${complaint(child.stderr || child.stdout)}`)
}

/** The line of the output that says what is wrong: the first that names an error, else the last. */
function complaint(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  return (lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'It said nothing.').trim()
}
