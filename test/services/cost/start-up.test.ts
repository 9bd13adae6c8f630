import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('the public price list is loaded only when a model without a declared price is charged', async () => {
  const program = `
    import { createRequire } from 'node:module'
    import { createPlugboard } from 'plugboard'
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('genai-prices'))
    const plugboard = await createPlugboard({ dataDir: false, hostDir: false, logLevel: 'silent', env: {} })
    const ask = (model) => plugboard.complete(model, { messages: [{ role: 'user', content: 'Hi' }] })
    await ask('sandbox:demo')
    const before = loaded()
    await ask('sandbox:unpriced')
    console.log(JSON.stringify({ before, after: loaded() }))
    await plugboard[Symbol.asyncDispose]()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: join(import.meta.dirname, '../../..'),
  })
  expect(JSON.parse(stdout)).toEqual({ before: false, after: true })
})
