import { Option, type Command } from 'commander'
import { PlugboardError } from '@plugboard/sdk'
import type { PluginInfo } from '../../../kernel/plugin-info.ts'
import {
  BUDGET_WINDOWS,
  SCOPE_KINDS,
  UNKNOWN_PRICE_POLICIES,
  scopeText,
  type BudgetScope,
  type BudgetSpec,
  type BudgetWindow,
  type UnknownPricePolicy,
} from '../../../services/budget/budget.ts'
import { nanoFromDecimal } from '../../../services/cost/money.ts'
import type { KeyRing } from '../../../services/keys/keys.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson } from '../output.ts'

type ScopeOptions = Partial<Record<BudgetScope['kind'], string | true>>

interface SetOptions extends CommonOptions, ScopeOptions {
  readonly window: BudgetWindow
  readonly timeZone?: string
  readonly limit?: string
  readonly tokens?: string
  readonly softCap?: string
  readonly hardCap?: string
  readonly alert?: string
  readonly unknownPrice?: UnknownPricePolicy
}

export function budgetSet(budget: Command): void {
  withCommonOptions(
    budget
      .command('set')
      .description('Make or change the budget of a scope and window; running servers notice at once'),
  )
    .option('--global', 'for all calls')
    .option('--provider <id>', 'for the calls to a provider')
    .option('--model <provider:model>', 'for the calls to a model')
    .option('--key <id or name>', 'for the calls with one API key of the gateway')
    .option('--user <id>', 'for the calls of a user (budget.user_id of a request)')
    .option('--project <id>', 'for the calls of a project (budget.project_id)')
    .option('--agent <id>', 'for the calls of an agent (as the model agent:<id>, or by budget.agent_id)')
    .addOption(new Option('--window <window>', 'how long it counts').choices(BUDGET_WINDOWS).default('monthly'))
    .option('--time-zone <name>', 'whose days and months; default for a new one: UTC')
    .option('--limit <dollars>', 'dollars per window, for example 12.50; "none" for no limit')
    .option('--tokens <number>', 'tokens per window')
    .option('--soft-cap <tokens>', 'a call that used more carries a warning')
    .option('--hard-cap <tokens>', 'a call that could use more is refused')
    .option('--alert <percent>', 'of a limit, at which an alert is raised; default for a new one: 80')
    .addOption(
      new Option('--unknown-price <policy>', 'for models without a known price; default for a new one: deny').choices(
        UNKNOWN_PRICE_POLICIES,
      ),
    )
    .action(async (options: SetOptions) => {
      const scope = scopeOf(options)
      const terms = termsOf(options)
      await using plugboard = await openPlugboard(options)
      const spec = { ...terms, scope: known(scope, plugboard), window: options.window }
      const set = await plugboard.budgets.set(spec, 'cli')
      if (options.json) printJson(set)
      else console.log(`${set.id}: the ${set.window} budget for ${scopeText(set.scope)} is set.`)
    })
}

function scopeOf(options: ScopeOptions): BudgetScope {
  const named = SCOPE_KINDS.filter((kind) => options[kind] !== undefined)
  const [kind] = named
  if (kind === undefined || named.length > 1)
    throw invalid(
      kind === undefined ? 'It does not say whose calls the budget counts.' : 'A budget has one scope.',
      `Name one of: ${SCOPE_KINDS.map((each) => `--${each}`).join(', ')}.`,
    )
  const value = options[kind]
  return { kind, value: typeof value === 'string' ? value : '' }
}

interface Here {
  readonly keys: KeyRing
  readonly plugins: readonly PluginInfo[]
}

/** Keys are named by people and kept by id. A provider that is not there yet may come; a slip of the pen should show. */
function known(scope: BudgetScope, { keys, plugins }: Here): BudgetScope {
  const { kind, value } = scope
  if (kind === 'key') {
    const [found, second] = keys.list().filter(({ id, name }) => id === value || name === value)
    if (found === undefined || second !== undefined)
      throw invalid(
        `${found === undefined ? 'There is no' : 'There are several'} API keys "${value}".`,
        `Known: ${keys
          .list()
          .map(({ id, name }) => `${id} (${name})`)
          .join(', ')}.`,
      )
    return { kind, value: found.id }
  }
  const provider = kind === 'provider' ? value : kind === 'model' ? value.split(':', 1)[0] : undefined
  if (provider !== undefined && !plugins.some(({ providers }) => providers.includes(provider)))
    console.error(`There is no provider "${provider}" now; the budget counts its calls once there is one.`)
  return scope
}

type Terms = Omit<BudgetSpec, 'scope' | 'window'>

function termsOf({ timeZone, limit, tokens, softCap, hardCap, alert, unknownPrice }: SetOptions): Terms {
  const percent = optional(alert, '--alert', Number)
  return {
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(unknownPrice === undefined ? {} : { unknownPrice }),
    ...(limit === undefined ? {} : { limitNano: optional(limit, '--limit', nanoFromDecimal) }),
    ...(tokens === undefined ? {} : { limitTokens: optional(tokens, '--tokens', Number) }),
    ...(softCap === undefined ? {} : { softRunTokens: optional(softCap, '--soft-cap', Number) }),
    ...(hardCap === undefined ? {} : { hardRunTokens: optional(hardCap, '--hard-cap', Number) }),
    ...(alert === undefined ? {} : { alertThreshold: percent === null ? null : percent / 100 }),
  }
}

/** `none` takes a limit away. */
function optional(text: string | undefined, option: string, read: (text: string) => number): number | null {
  if (text === undefined || text === 'none') return null
  try {
    const value = read(text)
    if (Number.isFinite(value)) return value
  } catch {
    // Told below, in the words of the command line.
  }
  throw invalid(
    `"${text}" is no amount for ${option}.`,
    'Give a number, for dollars with at most 9 decimals, or "none".',
  )
}

const invalid = (message: string, hint: string): PlugboardError =>
  new PlugboardError('BUDGET_INVALID', message, { hint })
