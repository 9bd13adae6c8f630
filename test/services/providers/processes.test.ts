import { describe, expect, it } from 'vitest'
import { ask, startBench } from '../../fixtures-plugins.ts'
import { startOpenAIUpstream } from '../../support/openai-upstream.ts'
import { until } from '../../support/until.ts'
import { KEY, OTHER_KEY, openedAgain, speaking } from './support.ts'

describe('two processes on one data folder', () => {
  it('each put in force what the other saves: settings, instances, and what is disabled or removed', async () => {
    await using upstream = await startOpenAIUpstream()
    await using bench = await startBench({ acme: speaking('acme') })
    await using other = await openedAgain(bench)
    const { providers } = bench.plugboard
    const heard: string[] = []
    other.providers.on('configured', ({ id }) => heard.push(id))

    await providers.save('acme', { settings: { apiKey: KEY, baseUrl: upstream.url } })
    await providers.save('acme_two', { type: 'acme', settings: { apiKey: OTHER_KEY, baseUrl: upstream.url } })
    await until(() => heard.includes('acme') && heard.includes('acme_two'))
    expect(await ask(other, 'acme:gpt-4o')).toBe('Hello from the upstream.')
    expect(await ask(other, 'acme_two:gpt-4o')).toBe('Hello from the upstream.')
    expect(upstream.chats.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${KEY}`, `Bearer ${OTHER_KEY}`])

    await other.providers.disable('acme_two')
    await until(() => providers.get('acme_two')?.state === 'disabled')
    await other.providers.remove('acme_two')
    await until(() => providers.get('acme_two') === undefined)
    await other.providers.save('acme', { settings: { apiKey: null } })
    await until(() => providers.get('acme')?.state === 'unconfigured')
  })

  it('lose nothing when both save at once', async () => {
    await using upstream = await startOpenAIUpstream({ apiKey: KEY })
    await using bench = await startBench({ acme: speaking('acme') })
    await using other = await openedAgain(bench)
    await Promise.all([
      bench.plugboard.providers.save('acme', { settings: { baseUrl: upstream.url } }),
      other.providers.save('acme', { settings: { apiKey: KEY } }),
      other.providers.disable('acme'),
    ])
    await Promise.all([bench.plugboard.providers.save('acme', { name: 'Both' }), other.providers.enable('acme')])
    // On top of what the other has saved by now.
    await bench.plugboard.providers.save('acme', {})
    expect(bench.plugboard.providers.get('acme')).toMatchObject({
      name: 'Both',
      baseUrl: upstream.url,
      maskedKey: 'sk-...aaaa',
    })
    expect(await ask(bench.plugboard, 'acme:gpt-4o')).toBe('Hello from the upstream.')
  })

  it('leave a process alone that does not follow', async () => {
    await using bench = await startBench({ acme: speaking('acme') }, { watch: false })
    await using other = await openedAgain(bench)
    await other.providers.disable('acme')
    const { providers } = bench.plugboard
    expect(providers.get('acme')?.enabled).toBe(true)
    // Until it changes something itself, on top of what is saved by then.
    await providers.save('acme', { settings: { apiKey: KEY } })
    expect(providers.get('acme')?.enabled).toBe(false)
  })
})
