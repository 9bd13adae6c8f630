import { expect, test } from 'vitest'
import { startNode } from '../support/process.ts'
import { tempDir } from '../support/temp-dir.ts'

/** Tells at the end which files of packages and which parts of Node were loaded. */
const TELL = `
  import { createRequire } from 'node:module'
  const { cache } = createRequire(process.cwd() + '/')
  process.on('exit', () => console.log('LOADED ' + JSON.stringify([...Object.keys(cache), ...process.moduleLoadList])))
`

async function loadedBy(args: readonly string[], ready: RegExp): Promise<readonly string[]> {
  await using home = await tempDir()
  const tell = `data:text/javascript,${encodeURIComponent(TELL)}`
  await using process = startNode(['--import', tell, 'core/surfaces/cli/plugboard.js', ...args], {
    env: { PLUGBOARD_HOME: home.path, OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' },
  })
  await process.line(ready)
  process.kill()
  await process.exited
  const told = /^LOADED (.*)$/m.exec(process.stdout)?.[1] ?? '[]'
  return (JSON.parse(told) as string[]).map((each) => each.replaceAll('\\', '/'))
}

const of = (loaded: readonly string[], part: string): readonly string[] => loaded.filter((each) => each.includes(part))

test('a gateway whose plugins are all right starts without what it would need otherwise', async () => {
  const loaded = await loadedBy(['serve', '--port', '0'], /listens on/)
  expect(of(loaded, '/node_modules/fastify/')).not.toEqual([])
  expect(of(loaded, '/node_modules/undici/lib/dispatcher/pool.js')).toHaveLength(1)
  for (const part of [
    '/node_modules/ajv/',
    '/node_modules/ajv-formats/',
    '/node_modules/pino/',
    '/node_modules/undici/lib/web/',
    // Node's own fetch.
    'internal/deps/undici/undici',
  ])
    expect(of(loaded, part)).toEqual([])
})
