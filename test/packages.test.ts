import { execFile } from 'node:child_process'
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startNode } from './support/process.ts'
import { tempDir, type TempDir } from './support/temp-dir.ts'

const exec = promisify(execFile)

let host: TempDir
let home: TempDir

// A host project as npm would install it: our packed packages as real folders, everything else from the lock file.
beforeAll(async () => {
  host = await tempDir()
  home = await tempDir()
  await exec(process.execPath, ['.ci/build-packages.ts', relative('.', host.at('dist'))])
  const modules = host.at('node_modules')
  await mkdir(join(modules, '@plugboard'), { recursive: true })
  await linkDependencies(modules)
  for (const [folder, name] of [
    ['core', 'plugboard'],
    ['plugin-sdk', '@plugboard/sdk'],
    ['plugins', '@plugboard/plugins'],
  ] as const) {
    const { stdout } = await exec('npm', ['pack', '--json', '--pack-destination', host.path], {
      cwd: host.at('dist', folder),
    })
    const [packed] = JSON.parse(stdout) as { filename: string }[]
    await mkdir(join(modules, name), { recursive: true })
    await exec('tar', ['-xzf', host.at(packed?.filename ?? ''), '-C', join(modules, name), '--strip-components=1'])
  }
  await writeFile(
    host.at('package.json'),
    JSON.stringify({ type: 'module', dependencies: { plugboard: '*', 'plugboard-parrot': '*' } }),
  )
}, 60_000)

afterAll(async () => {
  await host.remove()
  await home.remove()
})

async function linkDependencies(modules: string): Promise<void> {
  for (const name of await readdir('node_modules')) {
    if (name.startsWith('.') || name === 'plugboard' || name === '@plugboard') continue
    await symlink(join(process.cwd(), 'node_modules', name), join(modules, name))
  }
}

const run = async (args: readonly string[]) => {
  const process = startNode(args, { cwd: host.path, env: { PLUGBOARD_HOME: home.path } })
  const { code } = await process.exited
  return { code, stdout: process.stdout, stderr: process.stderr }
}

test('no TypeScript source is published', async () => {
  const files = await readdir(host.at('node_modules', 'plugboard'), { recursive: true })
  expect(files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))).toEqual([])
  expect(files).toContain('README.md')
  expect(files).toContain('LICENSE')
})

test('the published command answers', async () => {
  const { code, stdout, stderr } = await run([
    'node_modules/plugboard/surfaces/cli/plugboard.js',
    'chat',
    '-m',
    'sandbox:demo',
    'Hello',
  ])
  expect(stderr).toContain('sandbox:demo')
  expect({ code, stdout: stdout.trim() }).toEqual({ code: 0, stdout: 'You said: Hello' })
})

test('a host that imports the published packages gets answers, and plugins from its own dependencies', async () => {
  const parrot = host.at('node_modules', 'plugboard-parrot')
  await mkdir(parrot)
  await writeFile(
    join(parrot, 'package.json'),
    JSON.stringify({ name: 'plugboard-parrot', version: '1.0.0', type: 'module', keywords: ['plugboard-plugin'] }),
  )
  await writeFile(
    join(parrot, 'plugboard.json'),
    JSON.stringify({
      manifest: 1,
      id: 'parrot',
      name: 'Parrot',
      version: '1.0.0',
      main: './index.js',
      engines: { plugboard: '^0.1.0' },
      contributes: { providers: [{ id: 'parrot', models: [{ id: 'grey', price: 'free' }] }] },
    }),
  )
  await writeFile(
    join(parrot, 'index.js'),
    `import { definePlugin, EventBuilder } from '@plugboard/sdk'
     export default definePlugin({ setup: () => ({ providers: { parrot: { api: 1, async *stream() {
       const events = new EventBuilder(); events.text('Polly'); events.finish({ reason: 'stop' }); yield events.take() } } } }) })`,
  )
  await writeFile(
    host.at('main.js'),
    `import { createPlugboard } from 'plugboard'
     await using plugboard = await createPlugboard({ dataDir: false })
     const ask = (model) => plugboard.complete(model, { messages: [{ role: 'user', content: 'Hi' }] })
     const answers = await Promise.all([ask('sandbox:demo'), ask('parrot:grey')])
     console.log(answers.map(({ content, error }) => error?.message ?? content[0].text).join(' / '))`,
  )
  const { stdout, stderr } = await run(['main.js'])
  expect(stderr).toBe('')
  expect(stdout.trim()).toBe('You said: Hi / Polly')
})
