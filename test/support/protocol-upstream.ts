import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { half, type Reply } from '../../plugin-sdk/testing/host/reply.ts'
import type { Told } from '../../plugin-sdk/testing/host/told.ts'
import { startUpstream, type Exchange } from '../../plugin-sdk/testing/host/upstream.ts'
import { scriptedHostFor } from '../../plugin-sdk/testing/hosts/index.ts'
import type { FailureKind } from '../../plugin-sdk/testing/hosts/scripted-host.ts'
import type { PlugboardOptions } from 'plugboard'
import { startGateway, type RunningGateway } from './running-gateway.ts'
import { tempDir } from './temp-dir.ts'

export const PROTOCOLS = ['openai-chat', 'openai-responses', 'anthropic-messages', 'google-generative-ai'] as const

export type ProtocolName = (typeof PROTOCOLS)[number]

/** The id of the provider that a protocol's host stands for. */
export const providerOf = (protocol: ProtocolName): string => `${protocol}-host`

/** A host of each wire protocol on loopback, and a folder of manifests for them. */
interface ProtocolUpstreams extends AsyncDisposable {
  /** For `PlugboardOptions.plugins`. */
  readonly plugins: readonly string[]
  /** What the provider was asked since it was last told what to say. */
  asked(protocol: ProtocolName): readonly Exchange[]
  /** What the provider says from now on; `cut`: only the beginning of it. */
  say(protocol: ProtocolName, told: Told, options?: { readonly cut?: boolean; readonly hold?: boolean }): void
  fail(protocol: ProtocolName, kind: FailureKind): void
  /** Any answer, for what the words of `Told` cannot say. */
  reply(protocol: ProtocolName, reply: Reply): void
}

async function startProtocolUpstreams(): Promise<ProtocolUpstreams> {
  const dir = await tempDir()
  const upstreams = new Map<ProtocolName, Awaited<ReturnType<typeof startUpstream>>>()
  for (const protocol of PROTOCOLS) {
    const upstream = await startUpstream()
    upstreams.set(protocol, upstream)
    const base = protocol === 'google-generative-ai' ? '/v1beta' : '/v1'
    const id = providerOf(protocol)
    await mkdir(dir.at(id))
    await writeFile(
      join(dir.at(id), 'plugboard.json'),
      JSON.stringify({
        manifest: 1,
        id,
        name: `A host of ${protocol}`,
        version: '1.0.0',
        engines: { plugboard: '^0.1.0' },
        contributes: {
          providers: [
            {
              id,
              protocol,
              baseUrl: `${upstream.origin}${base}`,
              auth: { type: 'none' },
              models: [
                {
                  id: 'vendor/large:1',
                  input: ['text', 'image'],
                  reasoning: true,
                  maxTokens: 4_000,
                  price: { input: '1.00', output: '2.00' },
                },
              ],
            },
          ],
        },
      }),
    )
  }
  const of = (protocol: ProtocolName) => {
    const upstream = upstreams.get(protocol)
    const host = scriptedHostFor({ id: protocol, protocol })
    if (upstream === undefined || host === undefined) throw new Error(`no host of ${protocol}`)
    return { upstream, host }
  }
  return {
    plugins: [dir.path],
    asked: (protocol) => of(protocol).upstream.exchanges,
    say(protocol, told, { cut = false, hold = false } = {}) {
      const { upstream, host } = of(protocol)
      upstream.play((exchange) => {
        const reply = host.answer(told, exchange)
        return cut ? half(reply, 'cut') : hold ? half(reply, 'hold') : reply
      })
    },
    fail(protocol, kind) {
      const { upstream, host } = of(protocol)
      upstream.play(() => host.failure(kind, 'sk-secret').reply)
    },
    reply(protocol, reply) {
      of(protocol).upstream.play(() => reply)
    },
    async [Symbol.asyncDispose]() {
      for (const upstream of upstreams.values()) await upstream[Symbol.asyncDispose]()
      await dir.remove()
    },
  }
}

/** The gateway before a host of each protocol. */
export async function startDoors(options: PlugboardOptions = {}) {
  const upstreams = await startProtocolUpstreams()
  const gateway: RunningGateway = await startGateway({ plugins: upstreams.plugins, ...options })
  return {
    upstreams,
    gateway,
    stop: async (): Promise<void> => {
      await gateway[Symbol.asyncDispose]()
      await upstreams[Symbol.asyncDispose]()
    },
  }
}
