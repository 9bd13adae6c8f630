import type { Command } from 'commander'
import { keysAdd, keysList, keysRemove } from '../commands/keys.ts'

export function keys(program: Command): void {
  const keys = program.command('keys').description('Keys that clients of the gateway show')
  keysList(keys)
  keysAdd(keys)
  keysRemove(keys)
}
