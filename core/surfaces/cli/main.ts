import { Command } from 'commander'
import { isPlugboardError } from '@plugboard/sdk'
import { budgetList } from './commands/budget-list.ts'
import { budgetRemove } from './commands/budget-remove.ts'
import { budgetSet } from './commands/budget-set.ts'
import { chat } from './commands/chat.ts'
import { ledgerVerify } from './commands/ledger-verify.ts'
import { models } from './commands/models.ts'
import { pluginList } from './commands/plugin-list.ts'
import { pluginTest } from './commands/plugin-test.ts'
import { pluginValidate } from './commands/plugin-validate.ts'
import { providersList } from './commands/providers-list.ts'
import { providersRemove } from './commands/providers-remove.ts'
import { providersAdd, providersSet } from './commands/providers-set.ts'
import { providersShow } from './commands/providers-show.ts'
import { providersSwitch } from './commands/providers-switch.ts'
import { providersValidate } from './commands/providers-validate.ts'
import { serve } from './commands/serve.ts'
import { usageRerate } from './commands/usage-rerate.ts'
import { version } from './version.ts'

const program = new Command('plugboard')
  .description('Every model behind one API: a gateway, a chat and a library on plugins that swap live.')
  .version(version)
  .showHelpAfterError()
  .showSuggestionAfterError()

serve(program)
chat(program)
models(program)

const plugin = program.command('plugin').description('Look after plugins')
pluginList(plugin)
pluginValidate(plugin)
pluginTest(plugin)

const providers = program.command('providers').description('Keys and other settings of providers')
providersList(providers)
providersShow(providers)
providersSet(providers)
providersAdd(providers)
providersValidate(providers)
providersSwitch(providers)
providersRemove(providers)

const budget = program.command('budget').description('Limits on spending that hold')
budgetList(budget)
budgetSet(budget)
budgetRemove(budget)
ledgerVerify(program.command('ledger').description('The books of all calls'))
usageRerate(program.command('usage').description('What calls used and what they cost'))

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = 1
  if (isPlugboardError(error))
    console.error(`plugboard: ${error.message}${error.hint === undefined ? '' : `\n  ${error.hint}`}`)
  else console.error(error)
}
