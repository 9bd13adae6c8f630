import { fileURLToPath } from 'node:url'
import { startNode, type NodeProcess } from '../support/process.ts'

export type TargetName = 'direct' | 'bare' | 'gateway' | 'budgeted'

/** Something that answers chat requests, in a process of its own. */
export interface Target {
  readonly name: TargetName
  /** The process whose work counts. The upstream itself has none that counts. */
  readonly pid: number | undefined
  readonly origin: string
  readonly model: string
  readonly headers: Readonly<Record<string, string>>
}

const START_DEADLINE_MS = 10_000

/** Starts one of the programs in `processes/` and waits for the port it names. */
export async function startServer(
  file: string,
  ...args: readonly string[]
): Promise<{ process: NodeProcess; origin: string }> {
  const process = startNode([fileURLToPath(new URL(`processes/${file}`, import.meta.url)), ...args])
  const [, port] = await process.line(/^listening (\d+)$/, START_DEADLINE_MS)
  return { process, origin: `http://127.0.0.1:${port}` }
}
