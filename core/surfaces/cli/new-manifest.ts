import { PlugboardError } from '@plugboard/sdk'

export interface NewProvider {
  readonly id: string
  readonly baseUrl: string
  readonly protocol: string
  /** Environment variable of the key; undefined for a host that wants none. */
  readonly keyEnv: string | undefined
  /** Empty: the host is asked. */
  readonly models: readonly string[]
}

/** Where the key goes in protocols that have a header of their own for it. */
const KEYS: Readonly<Record<string, object>> = {
  'anthropic-messages': { type: 'header', header: 'x-api-key' },
  'google-generative-ai': { type: 'header', header: 'x-goog-api-key' },
}

/** The manifest of a provider that needs no code. */
export function newManifest({ id, baseUrl, protocol, keyEnv, models }: NewProvider, version: string): object {
  const [first] = models
  const known =
    first === undefined
      ? { unlistedModels: true, modelDiscovery: { path: '/models' } }
      : { defaultModel: first, models: models.map((model) => ({ id: model })) }
  return {
    manifest: 1,
    id,
    name: id.split('-').map(capitalised).join(' '),
    version: '1.0.0',
    engines: { plugboard: `^${version}` },
    contributes: {
      providers: [
        {
          id,
          protocol,
          baseUrl: baseUrlIn(baseUrl),
          auth: keyEnv === undefined ? { type: 'none' } : { ...(KEYS[protocol] ?? { type: 'bearer' }), env: keyEnv },
          ...known,
        },
      ],
    },
  }
}

/** The variable that people expect: `ACME_AI_API_KEY` for `acme-ai`. */
export const keyEnvFor = (id: string): string => `${id.toUpperCase().replaceAll('-', '_')}_API_KEY`

const ENDPOINT = /\/(chat\/completions|responses|messages|models)?\/*$/

/** Documents often show the address of one endpoint; what is wanted is what stands before it. */
function baseUrlIn(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
    throw new PlugboardError('BASE_URL_INVALID', `"${text}" is no base URL.`, {
      hint: 'Give what stands before /chat/completions or the like, for example https://api.acme.example/v1.',
    })
  return text.replace(ENDPOINT, '')
}

const capitalised = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1)
