import type { Command } from 'commander'
import { PlugboardError } from '@plugboard/sdk'
import type { Plugboard } from '../../../plugboard.ts'
import type { ProviderChanges, ProviderInfo } from '../../../services/providers/providers.ts'
import { knownProvider } from '../known-provider.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { printJson } from '../output.ts'
import { addPair, type Pairs } from '../pairs.ts'
import { readSecret, withSecretSource, type SecretSource } from '../read-secret.ts'

interface SetOptions extends CommonOptions, SecretSource {
  readonly name?: string
  readonly config: Pairs
  readonly unset: readonly string[]
  readonly secret: string
}

interface AddOptions extends SetOptions {
  readonly type: string
}

export function providersSet(providers: Command): void {
  withSettings(
    providers
      .command('set')
      .description('Save the key or other settings of a provider; running servers follow at once'),
  )
    .argument('<id>', 'as `providers list` shows it')
    .action(async (id: string, options: SetOptions) => {
      await using plugboard = await openPlugboard(options)
      const provider = knownProvider(plugboard, id)
      const plain = plainChanges(provider, options)
      // Who changes something else does not want to be asked for a key.
      const isAsked = Object.keys(plain.settings).length === 0 && options.name === undefined
      await save(plugboard, id, withSecret(plain, options, await secretFor(provider.name, options, isAsked)), options)
    })
}

export function providersAdd(providers: Command): void {
  withSettings(
    providers.command('add').description('Make one more instance of a provider, with its own key and settings'),
  )
    .argument('<id>', 'a new name, for example claude_backup')
    .requiredOption('--type <provider>', 'the provider it is one more of, for example anthropic')
    .action(async (id: string, options: AddOptions) => {
      await using plugboard = await openPlugboard(options)
      if (plugboard.providers.get(id) !== undefined)
        throw new PlugboardError('PROVIDER_ID_TAKEN', `There is a provider "${id}" already.`, {
          hint: `Change it with \`plugboard providers set ${id}\`, or choose another id.`,
        })
      const type = knownProvider(plugboard, options.type)
      const takesKey = propertiesOf(type)[options.secret] !== undefined
      const secret = await secretFor(id, options, takesKey)
      await save(
        plugboard,
        id,
        { type: options.type, ...withSecret(plainChanges(type, options), options, secret) },
        options,
      )
    })
}

const withSettings = (command: Command): Command =>
  withSecretSource(withCommonOptions(command))
    .option('--secret <setting>', 'which secret setting the key is', 'apiKey')
    .option('--config <key=value>', 'a setting that is no secret; may be given several times', addPair, {})
    .option('--unset <key>', 'take a setting away; may be given several times', collect, [])
    .option('--name <text>', 'what people see')

const collect = (key: string, before: readonly string[]): readonly string[] => [...before, key]

interface Changes extends ProviderChanges {
  readonly settings: Readonly<Record<string, unknown>>
}

function plainChanges(provider: ProviderInfo, { config, unset, name }: SetOptions): Changes {
  const properties = propertiesOf(provider)
  for (const key of Object.keys(config))
    if (key === 'apiKey' || properties[key]?.writeOnly === true)
      throw new PlugboardError('SECRET_AS_ARGUMENT', `"${key}" is a secret, and others can read arguments.`, {
        hint: `Use --secret ${key} with --from-env NAME or --stdin.`,
      })
  const set = Object.entries(config).map(([key, text]) => [key, typed(text, properties[key]?.type)] as const)
  const gone = unset.map((key) => [key, null] as const)
  return { settings: Object.fromEntries([...set, ...gone]), ...(name === undefined ? {} : { name }) }
}

const withSecret = (changes: Changes, { secret: key }: SetOptions, secret: string | undefined): Changes =>
  secret === undefined ? changes : { ...changes, settings: { ...changes.settings, [key]: secret } }

const secretFor = async (who: string, options: SetOptions, isAsked: boolean): Promise<string | undefined> =>
  isAsked || options.stdin || options.fromEnv !== undefined
    ? readSecret(options, `${options.secret} of ${who}`)
    : undefined

type Properties = Readonly<Record<string, { readonly type?: string; readonly writeOnly?: boolean }>>

const propertiesOf = ({ schema }: ProviderInfo): Properties =>
  (schema as { readonly properties?: Properties } | undefined)?.properties ?? {}

/** Arguments are text; everything else is read as the schema wants it, and left to the schema where that fails. */
function typed(text: string, type: string | undefined): unknown {
  if (type === undefined || type === 'string') return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

async function save(
  plugboard: Plugboard,
  id: string,
  changes: ProviderChanges,
  { json }: CommonOptions,
): Promise<void> {
  if (changes.type === undefined && changes.name === undefined && Object.keys(changes.settings ?? {}).length === 0)
    throw new PlugboardError('NOTHING_TO_SET', 'There is nothing to set.', {
      hint: 'Give a key with --from-env NAME or --stdin, or a setting with --config key=value.',
    })
  const saved = await plugboard.providers.save(id, changes, 'cli')
  if (json) return printJson(saved)
  const key = saved.maskedKey === undefined ? '' : ` Its key is ${saved.maskedKey}.`
  console.log(`The settings of "${id}" are saved.${key} It is ${saved.state}.`)
  if (saved.state === 'ready') console.log(`Test it with: plugboard providers validate ${id}`)
}
