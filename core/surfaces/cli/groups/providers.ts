import type { Command } from 'commander'
import { providersList } from '../commands/providers-list.ts'
import { providersRemove } from '../commands/providers-remove.ts'
import { providersAdd, providersSet } from '../commands/providers-set.ts'
import { providersShow } from '../commands/providers-show.ts'
import { providersSwitch } from '../commands/providers-switch.ts'
import { providersValidate } from '../commands/providers-validate.ts'

export function providers(program: Command): void {
  const providers = program.command('providers').description('Keys and other settings of providers')
  providersList(providers)
  providersShow(providers)
  providersSet(providers)
  providersAdd(providers)
  providersValidate(providers)
  providersSwitch(providers)
  providersRemove(providers)
}
