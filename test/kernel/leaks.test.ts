import { describe, expect, it } from 'vitest'
import {
  ask,
  codePlugin,
  infoOf,
  manifestOf,
  next,
  providerOf,
  sayExpression,
  startBench,
  writeFiles,
  type Bench,
} from '../fixtures-plugins.ts'
import { collectGarbage } from './collect.ts'

const [WARM_UP, RELOADS] = [40, 200]

async function heapKb(): Promise<number> {
  await collectGarbage()
  return process.memoryUsage().heapUsed / 1024
}

/** Kilobytes that stay on the heap per reload, once everything that is built only once has been built. */
async function growthPerReload(bench: Bench, change: (n: number) => Promise<unknown>): Promise<number> {
  const reload = async (n: number): Promise<void> => {
    await change(n)
    const disposed = next(bench.plugboard, 'plugin:disposed')
    expect(await bench.plugboard.reloadPlugin('acme')).toMatchObject({ state: 'ready' })
    await disposed
  }
  for (let n = 0; n < WARM_UP; n++) await reload(n)
  bench.log.lines.length = 0
  const before = await heapKb()
  for (let n = WARM_UP; n < WARM_UP + RELOADS; n++) await reload(n)
  bench.log.lines.length = 0
  return ((await heapKb()) - before) / RELOADS
}

describe('hundreds of reloads', () => {
  it('of a code plugin cost what Node keeps of its modules, and nothing of ours', async () => {
    const ballast = `// ${'x'.repeat(5_000)}\n`
    const files = codePlugin(
      'acme',
      {
        top: `import { answer } from './lib/answer.ts'\n${ballast}`,
        setup: `
          const ballast = Array.from({ length: 20_000 }, () => Math.random())
          context.defer(() => void ballast.length)
          context.log.info('made', { made: new WeakRef(context) })`,
        stream: sayExpression('answer'),
      },
      { config: { type: 'object', properties: { x: { type: 'string', format: 'uri' } } } },
    )
    await using bench = await startBench(
      {
        acme: {
          ...files,
          'lib/answer.ts': `import { version } from './version.ts'; export const answer = version`,
          'lib/version.ts': 'export const version = -1',
        },
      },
      { watch: false },
    )
    const folder = `${bench.plugins}/acme`
    const made: WeakRef<object>[] = []
    const growth = await growthPerReload(bench, async (n) => {
      await writeFiles(folder, { 'lib/version.ts': `export const version = ${n}` })
      for (const { details } of bench.log.lines.splice(0))
        if ('made' in details) made.push(details['made'] as WeakRef<object>)
    })
    // Node never lets go of a module: some 10 KB for each of the three files, and four times their source.
    expect(growth).toBeLessThan(3 * 10 + 4 * 6)
    expect(made.length).toBeGreaterThan(RELOADS)
    expect(made.filter((each) => each.deref() !== undefined).length).toBeLessThan(5)
    expect(infoOf(bench, 'acme')).toMatchObject({ calls: { current: 0, draining: 0 } })
    expect(await ask(bench.plugboard, 'acme:demo')).toBe(String(WARM_UP + RELOADS - 1))
  })

  it('of a plugin without code cost nothing', async () => {
    const manifest = (n: number): object =>
      manifestOf('acme', {
        main: undefined,
        version: `1.0.${n}`,
        contributes: {
          providers: [
            providerOf('acme', {
              protocol: 'openai-chat',
              baseUrl: 'http://127.0.0.1:9/v1',
              models: Array.from({ length: 50 }, (_, model) => ({
                id: `model-${model}`,
                price: { input: `${n}`, output: '1' },
              })),
            }),
          ],
        },
      })
    await using bench = await startBench({ acme: { 'plugboard.json': manifest(0) } }, { watch: false })
    const growth = await growthPerReload(bench, async (n) => {
      await writeFiles(`${bench.plugins}/acme`, { 'plugboard.json': manifest(n + 1) })
      await bench.plugboard.catalog.list()
    })
    expect(growth).toBeLessThan(5)
  })

  it('that are refused leave nothing either', async () => {
    await using bench = await startBench({ acme: codePlugin('acme') }, { watch: false })
    const refuse = async (n: number): Promise<void> => {
      await writeFiles(`${bench.plugins}/acme`, { 'plugboard.json': `{ "broken": ${n} ` })
      expect(await bench.plugboard.reloadPlugin('acme')).toMatchObject({ state: 'rejected' })
    }
    for (let n = 0; n < WARM_UP; n++) await refuse(n)
    bench.log.lines.length = 0
    const before = await heapKb()
    for (let n = WARM_UP; n < WARM_UP + RELOADS; n++) await refuse(n)
    bench.log.lines.length = 0
    expect(((await heapKb()) - before) / RELOADS).toBeLessThan(5)
  })
})
