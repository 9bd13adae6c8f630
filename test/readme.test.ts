import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startNode } from './support/process.ts'
import { tempDir } from './support/temp-dir.ts'

const exec = promisify(execFile)
const readme = await readFile('README.md', 'utf8')
const hasCurl = await exec('curl', ['--version']).then(
  () => true,
  () => false,
)

const block = (language: string, holding: string): string =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))]
    .map(([, code]) => code ?? '')
    .find((code) => code.includes(holding)) ?? ''

test.skipIf(!hasCurl)("the README's curl line works against a gateway that was just started", async () => {
  await using home = await tempDir()
  const gateway = startNode(['core/surfaces/cli/plugboard.js', 'serve', '--port', '0'], {
    env: { PLUGBOARD_HOME: home.path },
  })
  const url = (await gateway.line(/listens on (\S+)/))[1] ?? ''
  const key = (await gateway.line(/shown only this once: (\S+)/))[1] ?? ''
  const line = block('sh', 'curl').replace('http://127.0.0.1:3000', url).replace('YOUR_KEY', key)
  const { stdout } = await exec('sh', ['-c', line.replace('curl ', 'curl -s ')])
  const shown = JSON.parse(block('json', '"latency"')) as Record<string, object>
  const answer = JSON.parse(stdout) as Record<string, object>
  expect(answer['choices']).toMatchObject(shown['choices'] as object)
  expect(answer).toMatchObject({ provider: shown['provider'], cost: shown['cost'] })
  expect(Object.keys(answer['latency'] ?? {})).toEqual(Object.keys(shown['latency'] ?? {}))
  await gateway[Symbol.asyncDispose]()
})

test("the README's manifest is a good one", async () => {
  const shown = JSON.parse(block('json', '"contributes"')) as object
  const example = JSON.parse(await readFile('examples/drop-in-folder/acme/plugboard.json', 'utf8')) as object
  expect(shown).toEqual(example)
})

test("the README's two commands are those of package.json", async () => {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: Record<string, string> }
  expect(readme).toContain('npm ci && npm start')
  expect(readme).toContain('npm ci && npm test')
  expect(scripts).toMatchObject({ start: expect.any(String) as string, test: expect.any(String) as string })
  expect(await readFile('.ci/run', 'utf8')).toContain('npm ci && npm test')
})
