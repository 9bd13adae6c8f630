import type { PluginDefinition, Provider, ProviderDeclaration } from '@plugboard/sdk'
import type { PluginSubject } from '@plugboard/sdk/testing'
import type { Defect } from './defect.ts'
import { good, subject } from './subjects.ts'

const OFFLINE: ProviderDeclaration = { id: 'echo', auth: { type: 'none' }, models: [{ id: 'parrot' }] }

const echo: Provider = {
  api: 1,
  async *stream({ context }) {
    const content = JSON.stringify(context.messages.at(-1)?.content)
    yield [
      { type: 'text_start', contentIndex: 0 },
      { type: 'text_delta', contentIndex: 0, delta: content },
      { type: 'text_end', contentIndex: 0, content },
      { type: 'finish', reason: 'stop' },
    ]
  },
}

const plugin = (setup: PluginDefinition['setup'], more: Partial<ProviderDeclaration> = {}): PluginSubject => ({
  manifest: { id: 'echo', contributes: { providers: [{ ...OFFLINE, ...more }] } },
  definition: { setup },
})

const HELLO = {
  request: { method: 'POST', path: '/v1/chat/completions', body: { stream: true } },
  response: {
    chunks: [
      'data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}\n\n',
      'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
    ],
  },
}

const twin = plugin(() => ({ providers: { echo } }))

export const contractDefects: readonly Defect[] = [
  {
    rule: 'contract.setup',
    what: 'fails to set up',
    bad: plugin(() => {
      throw new Error('no license')
    }),
    good: twin,
  },
  {
    rule: 'contract.declared',
    what: 'returns more than it declares',
    bad: plugin(() => ({ providers: { echo, mirror: echo } })),
    good: twin,
  },
  {
    rule: 'contract.declared',
    what: 'returns less than it declares',
    bad: plugin(() => ({})),
    good: twin,
  },
  {
    rule: 'contract.provider',
    what: 'is of another contract',
    bad: plugin(() => ({ providers: { echo: { ...echo, api: 2 } as unknown as Provider } })),
    good: twin,
  },
  {
    rule: 'contract.iterable',
    what: 'returns the whole answer at once',
    bad: plugin(() => ({
      providers: { echo: { api: 1, stream: (() => Promise.resolve([])) as unknown as Provider['stream'] } },
    })),
    good: twin,
  },
  {
    rule: 'models.default',
    what: 'has a default model that it does not have',
    bad: plugin(() => ({ providers: { echo } }), { defaultModel: 'parot' }),
    good: plugin(() => ({ providers: { echo } }), { defaultModel: 'parrot' }),
  },
  {
    rule: 'models.listed',
    what: 'lists models twice',
    bad: subject(async (setup) => {
      const provider = await good(setup)
      const list: Provider['listModels'] = async (signal) => {
        const models = (await provider.listModels?.(signal)) ?? []
        return [...models, ...models]
      }
      return { ...provider, listModels: list }
    }),
    good: subject(),
  },
  {
    rule: 'models.listed',
    what: 'cannot list the models though the manifest says so',
    bad: subject(async (setup) => {
      const provider = await good(setup)
      return { api: 1, stream: (request, signal) => provider.stream(request, signal) }
    }),
    good: subject(),
  },
  {
    rule: 'cassette.format',
    what: 'has a cassette with a typing error',
    bad: subject(),
    good: subject(),
    options: { cassettes: { greeting: { expect: { txt: 'Hello' } as object } } },
    goodOptions: { cassettes: { greeting: { ...HELLO, expect: { text: 'Hello' } } } },
  },
]
