import { Option, type Command } from 'commander'
import { PlugboardError, isPlugboardError } from '@plugboard/sdk'
import { agentIn, type Agent, type AgentOptions, type AgentSpec } from '../../../services/agents/agents.ts'
import type { Catalog } from '../../../services/catalog/catalog.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson } from '../output.ts'

interface SetOptions extends CommonOptions {
  readonly model?: string
  readonly system?: string
  readonly description?: string
  readonly temperature?: string
  readonly topP?: string
  readonly maxTokens?: string
  readonly reasoning?: string
  readonly option: Readonly<Record<string, unknown>>
  readonly replace: boolean
}

export function agentsSet(agents: Command): void {
  withCommonOptions(
    agents.command('set').description('Make or change an agent; what is not named stays, and servers notice at once'),
  )
    .argument('<name>', 'letters, digits, dots, dashes and underscores')
    .option('-m, --model <name>', 'its model; "none" for the default model')
    .option('-s, --system <text>', 'instructions before the request\'s own; "none" for none')
    .option('--description <text>', 'what it is for')
    .option('--temperature <number>', 'these four: "none" to leave it to the request and its model')
    .option('--top-p <number>')
    .option('--max-tokens <number>')
    .option('--reasoning <level>', 'off, minimal, low, medium, high, xhigh or max')
    .addOption(
      new Option('--option <name=json>', "any other option of the library's; may be given several times")
        .default({}, 'none')
        .argParser((pair: string, before: Readonly<Record<string, unknown>>) => ({ ...before, ...parsed(pair) })),
    )
    .option('--replace', 'forget everything that is not named', false)
    .action(async (given: string, options: SetOptions) => {
      const name = agentIn(given) ?? given
      await using plugboard = await openPlugboard(options)
      const before = options.replace ? undefined : plugboard.agents.list().find((agent) => agent.name === name)
      const set = await plugboard.agents.set(name, changed(before, options), 'cli')
      if (set.model !== undefined) await warnUnknown(set.model, plugboard.catalog)
      if (options.json) printJson(set)
      else console.log(`agent:${set.name} is set; it calls ${set.model ?? 'the default model'}.`)
    })
}

function changed(before: Agent | undefined, options: SetOptions): AgentSpec {
  const { name: _name, from: _from, options: ownBefore, ...spec } = before ?? { name: '', from: 'stored' as const }
  const given = {
    temperature: valueOf(options.temperature, Number),
    topP: valueOf(options.topP, Number),
    maxTokens: valueOf(options.maxTokens, Number),
    reasoning: valueOf(options.reasoning, String),
    ...options.option,
  }
  const own = merged({ ...ownBefore }, given) as AgentOptions
  return {
    ...(merged(spec, {
      model: valueOf(options.model, String),
      systemPrompt: valueOf(options.system, String),
      description: valueOf(options.description, String),
    }) as AgentSpec),
    ...(Object.keys(own).length === 0 ? {} : { options: own }),
  }
}

/** `none` takes the value away, as `null`; a value that is not given is undefined. */
const valueOf = (text: string | undefined, read: (text: string) => unknown): unknown =>
  text === undefined ? undefined : text === 'none' ? null : read(text)

function merged(before: object, changes: Readonly<Record<string, unknown>>): object {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    Object.entries({ ...before, ...Object.fromEntries(given) }).filter(([, value]) => value !== null),
  )
}

function parsed(pair: string): Record<string, unknown> {
  const at = pair.indexOf('=')
  try {
    if (at > 0) return { [pair.slice(0, at)]: JSON.parse(pair.slice(at + 1)) as unknown }
  } catch {
    // Told below, in the words of the command line.
  }
  throw new PlugboardError('AGENT_INVALID', `"${pair}" is no option of an agent.`, {
    hint: 'Write a name and JSON, for example --option \'stop=["END"]\'.',
  })
}

/** A model that is not there yet may come; a slip of the pen should show. */
async function warnUnknown(model: string, catalog: Catalog): Promise<void> {
  try {
    await catalog.resolve(model)
  } catch (error) {
    if (!isPlugboardError(error)) throw error
    console.error(
      `${error.message}${error.hint === undefined ? '' : ` ${error.hint}`} The agent answers once it can be called.`,
    )
  }
}
