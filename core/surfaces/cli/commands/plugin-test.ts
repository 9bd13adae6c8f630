import type { Command } from 'commander'
import type { Exceptions } from '@plugboard/sdk/testing'
import { inspected } from '../inspected.ts'
import { printJson } from '../output.ts'
import { addPair } from '../pairs.ts'

interface TestOptions {
  readonly json: boolean
  readonly except: Exceptions
  readonly config: Readonly<Record<string, unknown>>
}

export function pluginTest(plugin: Command): void {
  plugin
    .command('test')
    .description('Hold a plugin to the contract: offline, without a key')
    .argument('<dir>', "the plugin's folder")
    .option('--except <rule=reason>', 'a rule that cannot hold here, and why; may be given several times', addPair, {})
    .option('--config <key=value>', 'a setting of the plugin; may be given several times', addSetting, {})
    .option('--json', 'print JSON', false)
    .action(async (dir: string, { json, except, config }: TestOptions) => {
      const found = await inspected(dir, json)
      if (found === undefined) return
      // Loaded here, because no other command needs it.
      const { formatReport, testProvider } = await import('@plugboard/sdk/testing')
      const report = await testProvider({ dir: found.dir, load: () => Promise.resolve(found) }, { except, config })
      if (json) printJson(report)
      else console.log(formatReport(report))
      if (report.failed.length > 0) process.exitCode = 1
    })
}

/** Numbers and switches are read as such. */
function addSetting(pair: string, before: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const [[name, text] = ['', '']] = Object.entries(addPair(pair, {}))
  return { ...before, [name]: /^(-?\d+(\.\d+)?|true|false)$/.test(text) ? (JSON.parse(text) as unknown) : text }
}
