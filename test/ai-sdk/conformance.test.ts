import { describe, expect, test } from 'vitest'
import { assertConforms, testProvider } from '@plugboard/sdk/testing'
import bridge from '../../plugins/ai-sdk/index.ts'
import { installed } from './support/installed.ts'

const anthropic = {
  export: 'createAnthropic',
  protocol: 'anthropic-messages',
  path: '/v1',
  auth: { type: 'header', header: 'x-api-key' },
} as const

const HOSTS = [
  {
    package: '@ai-sdk/openai-compatible',
    isInstalled: installed(() => import.meta.resolve('@ai-sdk/openai-compatible')),
    export: 'createOpenAICompatible',
    settings: { name: 'host', includeUsage: true },
    protocol: 'openai-chat',
    path: '/v1',
    auth: { type: 'bearer' },
    except: { 'usage.cache': 'the package does not know the field of cache writes' },
  },
  {
    ...anthropic,
    package: '@ai-sdk/anthropic',
    isInstalled: installed(() => import.meta.resolve('@ai-sdk/anthropic')),
    except: {},
  },
  {
    ...anthropic,
    package: 'ai-sdk-anthropic-v3',
    isInstalled: installed(() => import.meta.resolve('ai-sdk-anthropic-v3')),
    except: {},
  },
  {
    ...anthropic,
    package: 'ai-sdk-anthropic-v2',
    isInstalled: installed(() => import.meta.resolve('ai-sdk-anthropic-v2')),
    except: { 'usage.reported': 'the package is older than the count of thinking tokens' },
  },
  {
    package: '@ai-sdk/google',
    isInstalled: installed(() => import.meta.resolve('@ai-sdk/google')),
    export: 'createGoogle',
    protocol: 'google-generative-ai',
    path: '/v1beta',
    auth: { type: 'header', header: 'x-goog-api-key' },
    except: {},
  },
] as const

describe.each(HOSTS)('$package', ({ isInstalled, protocol, path, auth, except, ...options }) => {
  test.skipIf(!isInstalled)(`keeps the contract with a host of ${protocol}`, async () => {
    const provider = {
      id: 'one',
      protocol,
      baseUrl: `https://host.test${path}`,
      auth,
      defaultModel: 'm',
      models: [{ id: 'm', reasoning: true, input: ['text', 'image'] }],
      options,
    } as const
    const manifest = { id: 'one', contributes: { providers: [provider] } }
    const report = await testProvider(
      {
        manifest,
        // The protocol is for the kit, which plays its host; the package knows it anyhow.
        definition: {
          setup: (context) =>
            bridge.setup({ ...context, declarations: [{ ...provider, protocol: undefined as never }] }),
        },
      },
      { except },
    )
    assertConforms(report)
    expect(report.passed.length).toBeGreaterThan(50)
  })
})
