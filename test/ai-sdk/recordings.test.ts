import { describe, expect, test } from 'vitest'
import type { AssistantMessage, Context } from '../../core/index.ts'
import { hello, manifestOf, startBench } from '../fixtures-plugins.ts'
import { installed } from './support/installed.ts'
import { startLocalHost, type LocalHost } from './support/local-host.ts'
import { packagePlugin } from './support/manifest.ts'
import { hasRecordings, recordedErrors, recordedStreams, type Recording } from './support/recordings.ts'

interface Pairing {
  /** The package, and the protocol of ours that reads the same bytes. */
  readonly name: string
  readonly isInstalled: boolean
  readonly exported: string
  readonly settings?: Readonly<Record<string, unknown>>
  readonly protocol: string
  readonly path: string
  readonly api: string
  /** Where errors were recorded, when elsewhere. */
  readonly errorsOf?: string
  readonly fits: (recording: Recording) => boolean
}

const anthropic = {
  exported: 'createAnthropic',
  protocol: 'anthropic-messages',
  path: '/v1',
  api: 'anthropic-messages',
}
/** The package tells the summary of what was compacted as text, and leaves it out of the usage. */
const isCompacted = ({ body }: Recording): boolean => body.includes('"compaction"')

const PAIRINGS: readonly Pairing[] = [
  {
    ...anthropic,
    name: '@ai-sdk/anthropic',
    isInstalled: installed(() => import.meta.resolve('@ai-sdk/anthropic')),
    fits: (recording) => !isCompacted(recording),
  },
  {
    ...anthropic,
    name: 'ai-sdk-anthropic-v3',
    isInstalled: installed(() => import.meta.resolve('ai-sdk-anthropic-v3')),
    fits: (recording) => !isCompacted(recording),
  },
  {
    ...anthropic,
    name: 'ai-sdk-anthropic-v2',
    isInstalled: installed(() => import.meta.resolve('ai-sdk-anthropic-v2')),
    // It refuses blocks of tools that are younger than it is.
    fits: (recording) => !isCompacted(recording) && !recording.features.includes('server-tool'),
  },
  {
    name: '@ai-sdk/google',
    isInstalled: installed(() => import.meta.resolve('@ai-sdk/google')),
    exported: 'createGoogle',
    protocol: 'google-generative-ai',
    path: '/v1beta',
    api: 'google-stream-generate-content',
    errorsOf: 'google-generate-content',
    fits: () => true,
  },
  {
    name: '@ai-sdk/groq',
    isInstalled: installed(() => import.meta.resolve('@ai-sdk/groq')),
    exported: 'createGroq',
    protocol: 'openai-chat',
    path: '/v1',
    api: 'openai-chat',
    fits: ({ provider }) => provider === 'groq',
  },
  {
    name: '@ai-sdk/openai-compatible',
    isInstalled: installed(() => import.meta.resolve('@ai-sdk/openai-compatible')),
    exported: 'createOpenAICompatible',
    settings: { name: 'host', includeUsage: true },
    protocol: 'openai-chat',
    path: '/v1',
    api: 'openai-chat',
    // Groq tells usage where only its own package looks; Snowflake thinks in parts of its own.
    fits: ({ provider }) => provider !== 'groq' && provider !== 'snowflake',
  },
]

const joined = ({ content }: AssistantMessage, type: 'text' | 'thinking'): string =>
  content
    .map((part) =>
      part.type === 'text' && type === 'text'
        ? part.text
        : part.type === 'thinking' && type === 'thinking'
          ? part.thinking
          : '',
    )
    .join('')

const essence = (message: AssistantMessage) => ({
  text: joined(message, 'text'),
  thinking: joined(message, 'thinking'),
  calls: message.content.flatMap((part) =>
    part.type === 'toolCall' ? [{ name: part.name, arguments: part.arguments }] : [],
  ),
  stopReason: message.stopReason,
  ...(message.error === undefined
    ? { usage: [message.usage?.input, message.usage?.output, message.usage?.cacheRead, message.usage?.cacheWrite] }
    : {}),
})

interface Pair extends AsyncDisposable {
  readonly host: LocalHost
  /** The recording as our own protocol reads it, and as the package does. */
  read(recording: Recording): Promise<{ readonly own: AssistantMessage; readonly other: AssistantMessage }>
  ask(context: Context): Promise<AssistantMessage>
}

async function startPair({ name, exported, settings, protocol, path }: Pairing): Promise<Pair> {
  const host = await startLocalHost()
  const provider = { baseUrl: host.url + path }
  const options = { package: name, export: exported, ...(settings === undefined ? {} : { settings }) }
  const declared = { id: 'own', protocol, auth: { type: 'bearer' }, models: [{ id: 'm' }], ...provider }
  const own = { 'plugboard.json': manifestOf('own', { main: undefined, contributes: { providers: [declared] } }) }
  const bench = await startBench(
    { own, package: packagePlugin('package', options, provider) },
    { settings: { own: { apiKey: 'k' }, package: { apiKey: 'k' } } },
  )
  const answer = (id: string, context: Context) => bench.plugboard.stream(`${id}:m`, context).result()
  return {
    host,
    async read({ status, headers, body }) {
      // What belongs to the recorded connection does not belong to this one.
      const {
        'content-length': _length,
        'content-encoding': _encoding,
        'transfer-encoding': _transfer,
        ...rest
      } = headers
      host.reply = { status, headers: rest, body }
      return { own: await answer('own', hello), other: await answer('package', hello) }
    },
    ask: (context) => answer('package', context),
    async [Symbol.asyncDispose]() {
      await bench[Symbol.asyncDispose]()
      await host[Symbol.asyncDispose]()
    },
  }
}

const SIGNATURE = /"(?:signature|thoughtSignature)": ?"([^"]+)"/g

const signaturesIn = (text: string): string[] => [...text.matchAll(SIGNATURE)].map(([, signature = '']) => signature)

const continued = (message: AssistantMessage): Context =>
  JSON.parse(JSON.stringify({ messages: [...hello.messages, message, { role: 'user', content: 'Go on' }] })) as Context

describe.skipIf(!hasRecordings).each(PAIRINGS)('$name', (pairing) => {
  const { api, errorsOf = api, fits, protocol, isInstalled } = pairing

  test.skipIf(!isInstalled)(`reads the same in recorded streams as our own ${protocol}`, async () => {
    const streams = recordedStreams(api).filter(fits)
    expect(streams.length).toBeGreaterThan(5)
    await using pair = await startPair(pairing)
    for (const recording of streams) {
      const { own, other } = await pair.read(recording)
      expect({ file: recording.file, ...essence(other) }).toEqual({ file: recording.file, ...essence(own) })
    }
  })

  test.skipIf(!isInstalled)(`sorts recorded errors as our own ${protocol}`, async () => {
    const errors = recordedErrors(errorsOf).filter(fits)
    expect(errors.length).toBeGreaterThan(0)
    await using pair = await startPair(pairing)
    for (const recording of errors) {
      const { own, other } = await pair.read(recording)
      expect({ file: recording.file, ...sorted(other.error) }).toEqual({ file: recording.file, ...sorted(own.error) })
    }
  })
})

describe.skipIf(!hasRecordings).each(PAIRINGS.filter(({ api }) => api !== 'openai-chat'))('$name', (pairing) => {
  const { api, fits, isInstalled } = pairing

  test.skipIf(!isInstalled)('gives back the signatures of recorded streams', async () => {
    await using pair = await startPair(pairing)
    let count = 0
    for (const recording of recordedStreams(api).filter(fits)) {
      const { other } = await pair.read(recording)
      const kept = signaturesIn(JSON.stringify(other.content))
      const { file } = recording
      if (api === 'anthropic-messages') expect({ file, kept }).toEqual({ file, kept: signaturesIn(recording.body) })
      await pair.ask(continued(other))
      const sent = new Set(signaturesIn(JSON.stringify(pair.host.exchanges.at(-1)?.body)))
      const lost = other.stopReason === 'error' ? [] : kept.filter((signature) => !sent.has(signature))
      expect({ file, lost }).toEqual({ file, lost: [] })
      count += kept.length
    }
    expect(count).toBeGreaterThan(3)
  })
})

const sorted = (error: AssistantMessage['error']) => ({
  class: error?.class,
  status: error?.status,
  retryable: error?.retryable,
  retryAfterMs: error?.retryAfterMs,
  providerCode: error?.providerCode,
  message: error?.message,
})
