import type { Files } from '../../fixtures-plugins.ts'
import type { LocalHost } from './local-host.ts'
import { packagePlugin, type PackageProvider } from './manifest.ts'

/**
 * A package as those of the AI SDK are, in the plugin's own node_modules: it sends what it was asked to its base URL and
 * gives out the parts that come back. For what the real packages cannot be brought to say.
 */
const scriptedPackage = (version: string): Files => ({
  'node_modules/scripted-sdk/package.json': {
    name: 'scripted-sdk',
    version: '1.0.0',
    type: 'module',
    exports: './index.js',
  },
  'node_modules/scripted-sdk/index.js': `
    export const createScripted = (settings) => ({
      languageModel: (modelId) => ({
        specificationVersion: ${JSON.stringify(version)},
        provider: settings.provider ?? 'scripted.chat',
        modelId,
        supportedUrls: { 'image/*': [/^https:\\/\\/images\\.test\\//] },
        async doStream({ abortSignal, ...options }) {
          const response = await settings.fetch(settings.baseURL + '/' + modelId, {
            method: 'POST',
            headers: { authorization: 'Bearer ' + settings.apiKey, ...settings.headers, ...options.headers },
            body: JSON.stringify({ settings, options }),
            signal: abortSignal,
          })
          const text = await response.text()
          if (!response.ok) {
            const { status: statusCode } = response
            throw Object.assign(new Error('refused'), { name: 'AI_APICallError', statusCode, responseBody: text })
          }
          const parts = JSON.parse(text)
          return { stream: ReadableStream.from(parts) }
        },
      }),
    })
    export const helper = 1
  `,
})

export const scriptedPlugin = (
  id: string,
  version: string,
  host: LocalHost,
  provider: Readonly<Record<string, unknown>> = {},
  options: Partial<PackageProvider> = {},
): Files => ({
  ...packagePlugin(
    id,
    { package: 'scripted-sdk', export: 'createScripted', ...options },
    { baseUrl: host.url, ...provider },
  ),
  ...scriptedPackage(version),
})

type Part = Readonly<Record<string, unknown>>

export const reply = (parts: readonly Part[]) => ({ body: JSON.stringify(parts) })

const nestedUsage = {
  inputTokens: { total: 30, noCache: 10, cacheRead: 15, cacheWrite: 5 },
  outputTokens: { total: 7, text: 4, reasoning: 3 },
}

export const finish = (unified = 'stop', raw: string | undefined = unified, usage: object = nestedUsage): Part => ({
  type: 'finish',
  finishReason: { unified, raw },
  usage,
})

export const said = (text: string, id = '0'): Part[] => [
  { type: 'text-start', id },
  { type: 'text-delta', id, delta: text },
  { type: 'text-end', id },
]
