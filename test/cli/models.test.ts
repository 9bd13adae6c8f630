import { afterAll, beforeAll, expect, test } from 'vitest'
import { startNode } from '../support/process.ts'
import { tempDir, type TempDir } from '../support/temp-dir.ts'

const CLI = new URL('../../core/surfaces/cli/plugboard.js', import.meta.url).pathname

let dir: TempDir

beforeAll(async () => {
  dir = await tempDir()
})
afterAll(() => dir.remove())

async function models(...words: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  const env = { PLUGBOARD_HOME: dir.at('home'), OPENAI_API_KEY: 'sk-test-0123456789abcdef' }
  await using cli = startNode([CLI, 'models', ...words], { env, cwd: dir.path })
  const { code } = await cli.exited
  return { code, out: cli.stdout, err: cli.stderr }
}

test('models --capabilities is a matrix that does not show the unknown as a no', async () => {
  const { out } = await models('--capabilities')
  expect(out).toMatch(/^MODEL +tools +thinking +vision +audio +files +structuredOutput +streaming +codeExecution/)
  expect(out).toMatch(/openai:gpt-4o +yes +- +yes +- +yes +yes +yes +\? +128,000 +16,384/)
  expect(out).toMatch(/openai-responses:gpt-5 +yes +yes +yes +- +- +yes +yes +yes .* minimal low medium high/)
})

test('models recommend ranks what a task can be done with for the money, and says why', async () => {
  const { code, out } = await models('recommend', '--task', 'coding', '--max-cost', '0.01', '--needs', 'tools,vision')
  expect(code).toBe(0)
  const [heading, first] = out.split('\n')
  expect(heading).toMatch(/^MODEL +EXPECTED COST +LATENCY +WHY/)
  expect(first).toMatch(/^openai\S*:gpt-\S+ +\$0\.00\d+ +unknown +\S.* model that calls tools/)
  expect(out).toMatch(/more suit, \d+ were ruled out; --all shows them/)
})

test('models recommend --json gives the whole of it, and nothing dearer than allowed', async () => {
  const { out } = await models('recommend', '--json', '--task', 'reasoning', '--max-cost', '0.01')
  const { ranked, ruledOut } = JSON.parse(out) as {
    ranked: { model: string; expectedCost: number }[]
    ruledOut: { model: string; why: string }[]
  }
  expect(ranked.length).toBeGreaterThan(0)
  for (const { expectedCost } of ranked) expect(expectedCost).toBeLessThanOrEqual(10_000_000)
  expect(ruledOut.find(({ model }) => model === 'openai:o1')?.why).toContain('more than $0.01')
})

test('models recommend says when nothing suits, and what it does not know', async () => {
  const none = await models('recommend', '--task', 'vision', '--providers', 'nobody')
  expect(none.code).toBe(1)
  expect(none.out).toContain('No model that can be called now suits.')
  const wrong = await models('recommend', '--needs', 'vison')
  expect(wrong.code).toBe(1)
  expect(wrong.err).toContain('"vison" is no ability')
})
