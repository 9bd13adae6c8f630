import type { Command } from 'commander'
import { PlugboardError } from '@plugboard/sdk'
import type { ApiKey } from '../../../services/keys/keys.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson, printTable } from '../output.ts'

export function keysList(keys: Command): void {
  withCommonOptions(
    keys.command('list').description('List the keys of the gateway, without the keys themselves'),
  ).action(async (options: CommonOptions) => {
    await using plugboard = await openPlugboard(options)
    const found = plugboard.keys.list()
    if (options.json) return printJson(found)
    printTable(['KEY', 'NAME', 'ENDS IN', 'MADE'], found.map(row))
  })
}

export function keysAdd(keys: Command): void {
  withCommonOptions(keys.command('add').description('Make a key; it is shown only this once'))
    .argument('<name>', 'what it is for, to tell keys apart')
    .action(async (name: string, options: CommonOptions) => {
      await using plugboard = await openPlugboard(options)
      const { key, secret } = plugboard.keys.add(name)
      await plugboard.auditLog.record({ action: 'key_created', subject: key.id, actor: 'cli', details: { name } })
      if (options.json) return printJson({ ...key, secret })
      console.log(`${key.id}: a key for ${name}, shown only this once: ${secret}`)
    })
}

export function keysRemove(keys: Command): void {
  withCommonOptions(keys.command('remove').description('Revoke a key; running gateways refuse it within a second'))
    .argument('<id>', 'as `keys list` shows it')
    .action(async (id: string, options: CommonOptions) => {
      await using plugboard = await openPlugboard(options)
      if (!plugboard.keys.revoke(id))
        throw new PlugboardError('KEY_UNKNOWN', `There is no key "${id}".`, {
          hint: '`plugboard keys list` shows them.',
        })
      await plugboard.auditLog.record({ action: 'key_revoked', subject: id, actor: 'cli', details: {} })
      if (options.json) return printJson({ id, revoked: true })
      console.log(`${id} is revoked.`)
    })
}

const row = ({ id, name, hint, createdAt }: ApiKey): string[] => [id, name, hint, new Date(createdAt).toISOString()]
