import { readFileSync, globSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = dirname(import.meta.dirname)

interface Import {
  readonly specifier: string
  readonly typeOnly: boolean
}

/** The import and re-export statements of a module; comments that begin a line with one would be taken for one. */
function importsOf(source: string): Import[] {
  const statements = source.matchAll(/^(?:import|export)\b([^'"`;]*?\bfrom\s*)?\s*['"]([^'"]+)['"]/gm)
  const calls = source.matchAll(/\bimport(?:\.meta\.resolve)?\(\s*['"`]([^'"`]+)['"`]/g)
  return [
    ...[...statements].map(([, names = '', specifier = '']) => ({ specifier, typeOnly: isTypeOnly(names) })),
    ...[...calls].map(([, specifier = '']) => ({ specifier, typeOnly: false })),
  ]
}

function isTypeOnly(names: string): boolean {
  if (/^\s+type\s/.test(names)) return true
  const listed = /^\s*\{([^}]*)\}\s*from\s*$/.exec(names)?.[1]?.split(',') ?? []
  const given = listed.map((name) => name.trim()).filter((name) => name !== '')
  return given.length > 0 && given.every((name) => name.startsWith('type '))
}

/** Single imports that no rule covers, each with the reason why it is right. */
const ALLOWED: Readonly<Record<string, string>> = {
  'core/surfaces/cli/open-plugboard.ts -> core/create-plugboard.ts': 'every command opens a kernel of its own',
  'core/surfaces/cli/commands/serve.ts -> core/create-plugboard.ts': 'serve is a host',
  'core/surfaces/cli/commands/serve.ts -> core/surfaces/gateway/gateway.ts': 'serve starts the gateway',
  'core/surfaces/cli/commands/serve.ts -> core/kernel/contain.ts': 'only a process of our own may be kept alive so',
  'core/pipeline/engine.ts -> core/kernel/bag.ts': 'a data structure that knows nothing of plugins',
  'core/pipeline/silence.ts -> core/kernel/bag.ts': 'the same',
  'core/surfaces/cli/inspected.ts -> core/kernel/inspect-plugin.ts': 'to look at a plugin, no kernel needs to run',
  'core/services/budget/declared-worst-case.ts -> core/services/cost/estimate/dearest-usages.ts':
    'plain arithmetic over a price: what is held and what is shown before a call must be the same worst case',
  'core/services/usage/calendar.ts -> core/services/budget/periods.ts':
    'plain arithmetic: the days and months of analytics must be those of budgets',
  'core/kernel/discovery.ts -> @plugboard/plugins/package.json': 'where the shipped plugins lie, not what is in them',
}

/** Plain arithmetic and no implementation of anything: whoever shows or counts money needs the same. */
const MONEY = 'core/services/cost/money.ts'

const KERNEL_FOR_PIPELINE = ['registry', 'generation', 'errors', 'scope'].map((name) => `core/kernel/${name}.ts`)

const isSdk = (target: string): boolean => target === '@plugboard/sdk' || target.startsWith('@plugboard/sdk/')
const isServiceInterface = (target: string): boolean => /^core\/services\/([a-z-]+)\/\1\.ts$/.test(target)
const isOurs = (target: string): boolean => /^(core|plugin-sdk|plugins)\//.test(target)
const isPackage = (target: string): boolean =>
  !isOurs(target) && !target.startsWith('@plugboard/') && target !== 'plugboard'
const folderOf = (file: string, depth: number): string => `${file.split('/').slice(0, depth).join('/')}/`

/** Whether a file may import a target: a path below the root, or a package as it is named. */
function mayImport(file: string, target: string, typeOnly: boolean): boolean {
  if (ALLOWED[`${file} -> ${target}`] !== undefined) return true
  if (file.startsWith('plugin-sdk/')) return target.startsWith('plugin-sdk/') || isPackage(target)
  if (file.startsWith('plugins/'))
    return target.startsWith(folderOf(file, 2)) || isSdk(target) || target.startsWith('node:')
  if (isPackage(target) || isSdk(target)) return true
  if (file.startsWith('core/kernel/')) return target.startsWith('core/kernel/')
  if (file.startsWith('core/services/'))
    return (
      target.startsWith(folderOf(file, 3)) ||
      target.startsWith('core/kernel/') ||
      isServiceInterface(target) ||
      target === MONEY
    )
  if (file.startsWith('core/pipeline/'))
    return target.startsWith('core/pipeline/') || KERNEL_FOR_PIPELINE.includes(target) || isServiceInterface(target)
  if (file.startsWith('core/surfaces/'))
    return (
      target.startsWith(folderOf(file, 3)) ||
      target.startsWith('core/pipeline/') ||
      isServiceInterface(target) ||
      target === MONEY ||
      (typeOnly && (target.startsWith('core/kernel/') || target === 'core/plugboard.ts'))
    )
  if (file === 'core/plugboard.ts' || file === 'core/create-plugboard.ts')
    return target.startsWith('core/') && target !== 'core/index.ts'
  return file === 'core/index.ts' && target.startsWith('core/')
}

const targetOf = (file: string, specifier: string): string =>
  specifier.startsWith('.') ? join(dirname(file), specifier).split(sep).join('/') : specifier

const violations = (file: string, source: string): string[] =>
  importsOf(source)
    .map(({ specifier, typeOnly }) => ({ target: targetOf(file, specifier), typeOnly }))
    .filter(({ target, typeOnly }) => !mayImport(file, target, typeOnly))
    .map(({ target }) => `${file} imports ${target}`)

const sources = new Map(
  ['core', 'plugin-sdk', 'plugins']
    .flatMap((folder) =>
      globSync(`${folder}/**/*.{ts,js}`, { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] }),
    )
    .map((file) => [file.split(sep).join('/'), readFileSync(join(root, file), 'utf8')]),
)

describe('the tree is the diagram', () => {
  it.each(['core/kernel/', 'core/services/', 'core/pipeline/', 'core/surfaces/', 'plugin-sdk/', 'plugins/'])(
    'has sources in %s',
    (floor) => {
      expect([...sources.keys()].filter((file) => file.startsWith(floor))).not.toHaveLength(0)
    },
  )

  it('imports only downwards', () => {
    expect([...sources].flatMap(([file, source]) => violations(file, source))).toEqual([])
  })

  it('allows by name only what is there', () => {
    const present = new Set(
      [...sources].flatMap(([file, source]) =>
        importsOf(source).map(({ specifier }) => `${file} -> ${targetOf(file, specifier)}`),
      ),
    )
    expect(Object.keys(ALLOWED).filter((pair) => !present.has(pair))).toEqual([])
  })

  it.each([
    ['tsyringe', 'core/kernel/scope.ts'],
    ['reflect-metadata', 'core/kernel/scope.ts'],
    ['chokidar', 'core/kernel/watcher.ts'],
    ['ajv', 'core/kernel/schema.ts'],
    ['ajv-formats', 'core/kernel/schema.ts'],
    ['eventemitter3', 'core/kernel/events.ts'],
    ['undici', 'plugin-sdk/http.ts'],
    ['eventsource-parser', 'plugin-sdk/sse.ts'],
    ['pino', 'core/services/logger/pino-logger.ts'],
    ['ipaddr.js', 'core/services/alerts/target.ts'],
  ])('%s has one importer', (name, importer) => {
    const importers = [...sources]
      .filter(([, source]) =>
        importsOf(source).some(({ specifier }) => specifier === name || specifier.startsWith(`${name}/`)),
      )
      .map(([file]) => file)
    expect(importers).toEqual([importer])
  })
})

describe('a shipped provider', () => {
  it('that needs code stays under 500 lines of it', () => {
    const lines = new Map<string, number>()
    for (const [file, source] of sources) {
      const [top, folder = ''] = file.split('/')
      if (top === 'plugins') lines.set(folder, (lines.get(folder) ?? 0) + source.split('\n').length - 1)
    }
    expect([...lines.keys()].toSorted()).toEqual(['ai-sdk', 'sandbox'])
    expect([...lines].filter(([, count]) => count >= 500)).toEqual([])
  })
})

describe('the referee', () => {
  it.each([
    ['plugin-sdk/http.ts', "import { kernelError } from '../core/kernel/errors.ts'"],
    ['plugin-sdk/http.ts', "import type { Kernel } from 'plugboard'"],
    ['plugins/acme/index.ts', "import { answer } from '../sandbox/answer.ts'"],
    ['plugins/acme/index.ts', "import { request } from 'undici'"],
    ['plugins/acme/index.ts', "import { createPlugboard } from 'plugboard'"],
    ['core/kernel/kernel.ts', "import type { Clock } from '../services/clock/clock.ts'"],
    ['core/services/ledger/sqlite-ledger.ts', "import { SqliteStore } from '../store/sqlite-store.ts'"],
    ['core/services/ledger/sqlite-ledger.ts', "export { run } from '../../pipeline/pump.ts'"],
    ['core/pipeline/engine.ts', "import { Kernel } from '../kernel/kernel.ts'"],
    ['core/pipeline/engine.ts', "import {\n  SqliteLedger,\n} from '../services/ledger/sqlite-ledger.ts'"],
    ['core/pipeline/engine.ts', "const late = await import('../surfaces/gateway/gateway.ts')"],
    ['core/surfaces/gateway/gateway.ts', "import { version } from '../cli/version.ts'"],
    ['core/surfaces/gateway/gateway.ts', "import { Kernel, type KernelOptions } from '../../kernel/kernel.ts'"],
    ['core/surfaces/gateway/gateway.ts', "import '../../plugboard.ts'"],
    ['core/plugboard.ts', "import { createPlugboard } from './index.ts'"],
  ])('calls out %s with %j', (file, source) => {
    expect(violations(file, source)).toHaveLength(1)
  })

  it.each([
    ['plugin-sdk/http.ts', "import { Agent } from 'undici'\nimport { Secret } from './secret.ts'"],
    ['plugins/acme/index.ts', "import { definePlugin } from '@plugboard/sdk'\nimport { x } from './deep/x.ts'"],
    ['core/surfaces/gateway/gateway.ts', "import { type Kernel, type KernelOptions } from '../../kernel/kernel.ts'"],
    ['core/surfaces/gateway/gateway.ts', "import type { Events } from '../../kernel/events.ts'"],
    ['core/services/ledger/sqlite-ledger.ts', "import { Store } from '../store/store.ts'"],
    ['core/pipeline/engine.ts', '// from the kernel: import { Kernel } from "../kernel/kernel.ts"'],
  ])('lets %s have %j', (file, source) => {
    expect(violations(file, source)).toEqual([])
  })
})
