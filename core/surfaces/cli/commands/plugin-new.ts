import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Option, type Command } from 'commander'
import { PlugboardError } from '@plugboard/sdk'
import { protocolNames } from '@plugboard/sdk/protocols'
import { inspected } from '../inspected.ts'
import { keyEnvFor, newManifest } from '../new-manifest.ts'
import { dataFolder, openPlugboard } from '../open-plugboard.ts'
import { printJson } from '../output.ts'
import { version } from '../version.ts'

interface NewOptions {
  readonly baseUrl: string
  readonly protocol: string
  /** False: the host wants no key. True: the usual name. */
  readonly key: boolean
  readonly keyEnv?: string
  readonly model: readonly string[]
  readonly dir?: string
  readonly json: boolean
}

export function pluginNew(plugin: Command): void {
  plugin
    .command('new')
    .description('Write the plugin of a provider that speaks a known protocol: one file, no code')
    .argument('<name>', 'how its models are called: NAME:model')
    .requiredOption('--base-url <url>', 'for example https://api.acme.example/v1')
    .addOption(new Option('--protocol <name>', 'what it speaks').choices(protocolNames).default('openai-chat'))
    .option('--key-env <variable>', 'environment variable with its key; default: NAME_API_KEY')
    .option('--no-key', 'it wants no key')
    .option('--model <id>', 'a model; may be given several times; default: the provider is asked', collect, [])
    .option('--dir <dir>', 'folder to put it into; default: plugins/ of the data folder')
    .option('--json', 'print JSON', false)
    .action(create)
}

async function create(id: string, options: NewOptions): Promise<void> {
  const { json, dir, key, model: models } = options
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id))
    throw new PlugboardError('PLUGIN_NAME_INVALID', `A plugin cannot be named "${id}".`, {
      hint: 'Use lower-case letters, digits and single dashes, for example acme-ai.',
    })
  const keyEnv = key ? (options.keyEnv ?? keyEnvFor(id)) : undefined
  const manifest = newManifest({ ...options, id, keyEnv, models }, version)
  await refuseTaken(id)
  const folder = await write(join(resolve(dir ?? join(dataFolder(), 'plugins')), id), manifest)
  if (json) return printJson({ plugin: id, dir: folder, keyEnv: keyEnv ?? null, manifest })
  console.log(`${join(folder, 'plugboard.json')} is written. Now:\n`)
  for (const line of nextSteps(id, { folder, keyEnv, models, dir })) console.log(`  ${line}`)
}

/** A new plugin must not stand in for another one unasked. */
async function refuseTaken(id: string): Promise<void> {
  await using plugboard = await openPlugboard({ plugins: [] })
  const taken = plugboard.plugins.find((each) => each.id === id || each.providers.includes(id))
  if (taken === undefined) return
  throw new PlugboardError('PLUGIN_EXISTS', `There is a plugin "${taken.id}" that offers ${id} (${taken.origin}).`, {
    hint: taken.origin === 'built-in' ? 'Choose another name.' : `Edit ${taken.dir}, or choose another name.`,
  })
}

/** The folder, which must not be there yet. It is left only with a manifest that can be loaded. */
async function write(folder: string, manifest: object): Promise<string> {
  await mkdir(join(folder, '..'), { recursive: true, mode: 0o700 })
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
    throw new PlugboardError('PLUGIN_EXISTS', `${folder} is there already.`, {
      hint: 'Edit it, remove it, or choose another name. Nothing was changed.',
    })
  })
  try {
    await writeFile(join(folder, 'plugboard.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    await inspected(folder, false)
    return folder
  } catch (error) {
    await rm(folder, { recursive: true })
    throw error
  }
}

interface Written {
  readonly folder: string
  readonly keyEnv: string | undefined
  readonly models: readonly string[]
  readonly dir: string | undefined
}

function nextSteps(id: string, { folder, keyEnv, models, dir }: Written): string[] {
  const place = dir === undefined ? '' : ` --plugins ${resolve(dir)}`
  return [
    ...(keyEnv === undefined ? [] : [`export ${keyEnv}=...    (a gateway reads it when it starts)`]),
    ...(models.length > 0 ? [] : [`plugboard models${place}    (what it has)`]),
    `plugboard chat -m ${id}:${models[0] ?? 'MODEL'}${place} "Hello"`,
    `plugboard plugin test ${folder}`,
    '',
    `A gateway ${dir === undefined ? 'that runs offers it already' : `offers it with: plugboard serve${place}`}.`,
    'Costs read null until the public list knows a model, or the manifest says: "price": { "input": "3", "output": "15" }.',
  ]
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value]
