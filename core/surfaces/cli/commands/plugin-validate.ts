import type { Command } from 'commander'
import { inspected } from '../inspected.ts'
import { printJson } from '../output.ts'

export function pluginValidate(plugin: Command): void {
  plugin
    .command('validate')
    .description('Check the manifest of a plugin, and that its code can be loaded')
    .argument('<dir>', "the plugin's folder")
    .option('--json', 'print JSON', false)
    .action(async (dir: string, { json }: { readonly json: boolean }) => {
      const plugin = await inspected(dir, json)
      if (plugin === undefined) return
      const { id, version, contributes } = plugin.manifest
      const providers = contributes.providers?.map((provider) => provider.id) ?? []
      if (json) printJson({ plugin: id, version, providers })
      else console.log(`${id} ${version} can be loaded; it offers ${providers.join(', ')}`)
    })
}
