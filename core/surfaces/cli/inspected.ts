import { isPlugboardError } from '@plugboard/sdk'
import { inspectPlugin, type InspectedPlugin } from '../../kernel/inspect-plugin.ts'
import { printJson } from './output.ts'
import { version } from './version.ts'

/** The plugin in a folder. What keeps it from being loaded is thrown, or printed as JSON; then there is none. */
export async function inspected(dir: string, json: boolean): Promise<InspectedPlugin | undefined> {
  try {
    return await inspectPlugin(dir, version)
  } catch (error) {
    if (!json || !isPlugboardError(error)) throw error
    const { code, message, hint, details } = error
    printJson({ dir, problem: { code, message, hint, findings: details['findings'] } })
    process.exitCode = 1
    return undefined
  }
}
