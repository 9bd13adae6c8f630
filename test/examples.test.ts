import { expect, test } from 'vitest'
import { startNode } from './support/process.ts'
import { tempDir } from './support/temp-dir.ts'

test('the embedding example runs', async () => {
  const example = startNode(['examples/embed-in-host/main.ts'])
  expect((await example.exited).code).toBe(0)
  expect(example.stdout).toContain('You said: What can you do?')
  expect(example.stdout).toMatch(/4 tokens in, 7 out, \$0\.000018/)
})

test('the code example answers when its folder is given', async () => {
  await using home = await tempDir()
  const args = [
    'core/surfaces/cli/plugboard.js',
    'chat',
    '--plugins',
    'examples/drop-in-folder',
    '-m',
    'echo:parrot',
    'Polly',
  ]
  const chat = startNode(args, { env: { PLUGBOARD_HOME: home.path } })
  expect((await chat.exited).code).toBe(0)
  expect(chat.stdout.trim()).toBe('Polly')
})
