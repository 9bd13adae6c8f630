import type { Command } from 'commander'
import { pluginList } from '../commands/plugin-list.ts'
import { pluginNew } from '../commands/plugin-new.ts'
import { pluginTest } from '../commands/plugin-test.ts'
import { pluginValidate } from '../commands/plugin-validate.ts'

export function plugin(program: Command): void {
  const plugin = program.command('plugin').description('Look after plugins')
  pluginNew(plugin)
  pluginList(plugin)
  pluginValidate(plugin)
  pluginTest(plugin)
}
