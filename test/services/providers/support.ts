import { createPlugboard, type Plugboard, type PlugboardOptions, type ProviderInfo } from '../../../core/index.ts'
import { manifestOf, type Bench, type Files } from '../../fixtures-plugins.ts'

/** Keys that no output may hold. */
export const KEY = 'sk-first-0123456789abcdef-aaaa'
export const OTHER_KEY = 'sk-other-0123456789abcdef-bbbb'

export const CONFIG = {
  type: 'object',
  additionalProperties: false,
  properties: {
    apiKey: { type: 'string', writeOnly: true, minLength: 8 },
    baseUrl: { type: 'string', format: 'uri', default: 'http://127.0.0.1:9/v1' },
  },
}

const MODELS = [{ id: 'gpt-4o', price: { input: '2.50', output: '10.00' } }]

/** A manifest alone that speaks OpenAI's protocol, with a key and an address to be set. */
export const speaking = (id: string, changes: Readonly<Record<string, unknown>> = {}): Files => ({
  'plugboard.json': manifestOf(id, {
    main: undefined,
    config: CONFIG,
    links: { keys: 'https://acme.example/keys' },
    contributes: {
      providers: [
        {
          id,
          name: 'Acme',
          protocol: 'openai-chat',
          baseUrl: '${config.baseUrl}',
          auth: { type: 'bearer', env: 'ACME_API_KEY' },
          defaultModel: 'gpt-4o',
          models: MODELS,
        },
      ],
    },
    ...changes,
  }),
})

export function providerIn({ plugboard }: Bench, id: string): ProviderInfo {
  const found = plugboard.providers.get(id)
  if (found === undefined) throw new Error(`there is no provider ${id}`)
  return found
}

/** What was recorded about providers, the oldest first. */
export const auditOf = ({ plugboard }: Bench): string[] =>
  plugboard.auditLog
    .entries()
    .filter(({ action }) => action.startsWith('provider_') || action.startsWith('credentials_'))
    .map(
      ({ action, subject, actor, details }) =>
        `${action} ${subject} by ${actor} ${JSON.stringify(details['keys'] ?? '')}`,
    )
    .toReversed()

/** Another one on the same data folder: as another process is, or this one after a restart. */
export const openedAgain = ({ dir }: Bench, options: PlugboardOptions = {}): Promise<Plugboard> =>
  createPlugboard({ dataDir: dir.at('data'), hostDir: false, builtIn: false, env: {}, logLevel: 'silent', ...options })
