import { Command } from 'commander'
import { isPlugboardError } from '@plugboard/sdk'
import { agentsList } from './commands/agents-list.ts'
import { agentsRemove } from './commands/agents-remove.ts'
import { agentsSet } from './commands/agents-set.ts'
import { budgetList } from './commands/budget-list.ts'
import { budgetRemove } from './commands/budget-remove.ts'
import { budgetSet } from './commands/budget-set.ts'
import { chat } from './commands/chat.ts'
import { keysAdd, keysList, keysRemove } from './commands/keys.ts'
import { ledgerVerify } from './commands/ledger-verify.ts'
import { models } from './commands/models.ts'
import { modelsDefault } from './commands/models-default.ts'
import { modelsRecommend } from './commands/models-recommend.ts'
import { pluginList } from './commands/plugin-list.ts'
import { pluginNew } from './commands/plugin-new.ts'
import { pluginTest } from './commands/plugin-test.ts'
import { pluginValidate } from './commands/plugin-validate.ts'
import { providersList } from './commands/providers-list.ts'
import { providersRemove } from './commands/providers-remove.ts'
import { providersAdd, providersSet } from './commands/providers-set.ts'
import { providersShow } from './commands/providers-show.ts'
import { providersSwitch } from './commands/providers-switch.ts'
import { providersValidate } from './commands/providers-validate.ts'
import { serve } from './commands/serve.ts'
import { usageAdvice } from './commands/usage-advice.ts'
import { usageBy } from './commands/usage-by.ts'
import { usageRerate } from './commands/usage-rerate.ts'
import { usageReset } from './commands/usage-reset.ts'
import { usageSummary } from './commands/usage-summary.ts'
import { usageTop } from './commands/usage-top.ts'
import { webhookAdd } from './commands/webhook-add.ts'
import { webhookChanges } from './commands/webhook-change.ts'
import { webhookDeliveries } from './commands/webhook-deliveries.ts'
import { webhookList } from './commands/webhook-list.ts'
import { webhookTest } from './commands/webhook-test.ts'
import { version } from './version.ts'

const program = new Command('plugboard')
  .description('Every model behind one API: a gateway, a chat and a library on plugins that swap live.')
  .version(version)
  .showHelpAfterError()
  .showSuggestionAfterError()
  .enablePositionalOptions()

serve(program)
chat(program)
const model = models(program)
modelsDefault(model)
modelsRecommend(model)

const plugin = program.command('plugin').description('Look after plugins')
pluginNew(plugin)
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
const agents = program.command('agents').description('Named models with options and instructions of their own')
agentsList(agents)
agentsSet(agents)
agentsRemove(agents)

const budget = program.command('budget').description('Limits on spending that hold')
budgetList(budget)
budgetSet(budget)
budgetRemove(budget)
ledgerVerify(program.command('ledger').description('The books of all calls'))
const usage = program.command('usage').description('What calls used and what they cost')
usageSummary(usage)
usageBy(usage)
usageTop(usage)
usageAdvice(usage)
usageReset(usage)
usageRerate(usage)

const keys = program.command('keys').description('Keys that clients of the gateway show')
keysList(keys)
keysAdd(keys)
keysRemove(keys)

const webhook = program.command('webhook').description('Endpoints that hear of alerts')
webhookAdd(webhook)
webhookList(webhook)
webhookChanges(webhook)
webhookTest(webhook)
webhookDeliveries(webhook)

// Whoever reads may have seen enough, as `head` has: nothing is wrong then.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = 1
  if (isPlugboardError(error))
    console.error(`plugboard: ${error.message}${error.hint === undefined ? '' : `\n  ${error.hint}`}`)
  else console.error(error)
}
