import { describe, expect, test } from 'vitest'
import type { ProviderDeclaration } from '@plugboard/sdk'
import { protocolNames } from '@plugboard/sdk/protocols'
import { assertConforms, rules, testProvider, type RuleId } from '@plugboard/sdk/testing'

const bare = (protocol: string, more: Partial<ProviderDeclaration> = {}): ProviderDeclaration => ({
  id: 'acme',
  protocol,
  baseUrl: 'https://api.acme.example/v1',
  models: [{ id: 'small' }, { id: 'org/large', reasoning: true, tools: false }],
  defaultModel: 'small',
  modelDiscovery: { path: '/models' },
  ...more,
})

const tryOut = (provider: ProviderDeclaration) =>
  testProvider({ manifest: { id: 'acme', contributes: { providers: [provider] } } })

/** What only a plugin with cassettes, or without a running server to ask for its models, can be held to. */
const ELSEWHERE: readonly RuleId[] = ['models.default', 'cassette.format', 'errors.cassette']

describe('a provider that is only a manifest', () => {
  test.concurrent.for(protocolNames)('is held to every rule with %s', async (protocol) => {
    const report = await tryOut(bare(protocol))
    assertConforms(report)
    const tried = new Set(report.passed.map(({ rule }) => rule))
    expect(Object.keys(rules).filter((rule) => !tried.has(rule as RuleId))).toEqual(ELSEWHERE)
  })

  test.concurrent.for([
    ['never gives a finish reason', { supportsFinishReason: false }],
    ['tells usage unasked', { supportsUsageInStreaming: false }],
    ['counts thoughts beside the output', { outputExcludesReasoning: true }],
    ['counts thoughts in the total only', { usageTotalIsTruth: true }],
  ] as const)('passes when its host %s', async ([, compat]) => {
    const report = await tryOut(bare('openai-chat', { compat }))
    assertConforms(report)
  })

  test('may sort the errors of its host anew', async () => {
    const errors = [{ status: 429, class: 'quota', retryable: false }] as const
    const { failed } = await tryOut(bare('openai-chat', { errors }))
    expect(failed).toEqual([])
  })

  test('is told apart from the other providers of its plugin', async () => {
    const good = bare('openai-chat')
    const bad = {
      ...bare('openai-chat'),
      id: 'other',
      auth: undefined,
      modelDiscovery: undefined,
      defaultModel: 'large',
    }
    const manifest = { id: 'acme', contributes: { providers: [good, bad as unknown as ProviderDeclaration] } }
    const { passed, failed } = await testProvider({ manifest })
    expect(failed.map(({ provider, rule }) => [provider, rule])).toEqual([['other', 'models.default']])
    expect(new Set(passed.map(({ provider }) => provider))).toEqual(new Set(['acme', 'other']))
  })
})
