import { describe, expect, it } from 'vitest'
import { SqliteAuditLog } from '../../core/services/audit/sqlite-audit-log.ts'
import { SqliteStore } from '../../core/services/store/sqlite-store.ts'
import { ask, codePlugin, dropIn, manifestOf, next, removePlugin, startBench, writeFiles } from '../fixtures-plugins.ts'
import { until } from '../support/until.ts'

describe('the audit log', () => {
  it('gives back what was recorded, newest first', async () => {
    using store = new SqliteStore(':memory:')
    let at = 0
    const log = new SqliteAuditLog(store, { now: () => ++at, monotonic: () => 0 })
    await log.record({
      action: 'key_created',
      subject: 'key_1',
      actor: 'system',
      details: { name: 'ci', deep: [1, null] },
    })
    await log.record({ action: 'plugin_loaded', subject: 'acme', actor: 'system', details: {} })
    expect(log.entries()).toEqual([
      { seq: 2, at: 2, action: 'plugin_loaded', subject: 'acme', actor: 'system', details: {} },
      {
        seq: 1,
        at: 1,
        action: 'key_created',
        subject: 'key_1',
        actor: 'system',
        details: { name: 'ci', deep: [1, null] },
      },
    ])
    expect(log.entries(1)).toHaveLength(1)
  })

  it('tells the story of a plugin', async () => {
    await using bench = await startBench()
    const { plugboard, plugins } = bench
    const story = (): string[] =>
      plugboard.auditLog
        .entries()
        .map(({ action, subject }) => `${action} ${subject}`)
        .toReversed()

    const loaded = next(plugboard, 'plugin:swapped')
    await dropIn(plugins, 'acme', codePlugin('acme'))
    const { to: first } = await loaded
    const reloaded = next(plugboard, 'plugin:swapped')
    await writeFiles(`${plugins}/acme`, { 'plugboard.json': manifestOf('acme', { version: '1.0.1' }) })
    const { to: second } = await reloaded
    const refused = next(plugboard, 'plugin:rejected')
    await writeFiles(`${plugins}/acme`, { 'plugboard.json': '{' })
    await refused
    const removed = next(plugboard, 'plugin:unplugged')
    await removePlugin(plugins, 'acme')
    await removed

    await until(() => story().length === 4)
    expect(story()).toEqual(['plugin_loaded acme', 'plugin_reloaded acme', 'plugin_failed acme', 'plugin_removed acme'])
    const [gone, failed, swapped, fresh] = plugboard.auditLog.entries()
    expect(fresh?.details).toEqual({ to: first })
    expect(swapped?.details).toEqual({ from: first, to: second })
    expect(failed?.details).toMatchObject({ code: 'MANIFEST_UNREADABLE', serving: second })
    expect(gone?.details).toEqual({ from: second })
  })

  it('notes a call that no provider was asked for, without its text', async () => {
    await using bench = await startBench({ acme: codePlugin('acme') })
    const { plugboard } = bench
    await ask(plugboard, 'acme:nonsense', 'a private question')
    await ask(plugboard, 'acme:demo')
    const refused = plugboard.auditLog.entries().filter(({ action }) => action === 'call_refused')
    expect(refused).toHaveLength(1)
    expect(refused[0]).toMatchObject({ actor: 'system', details: { model: 'acme:nonsense', class: 'not_found' } })
    expect(JSON.stringify(refused)).not.toContain('private')
    expect(plugboard.ledger.totals().calls).toBe(1)
  })
})
