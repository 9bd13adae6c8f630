import { classifyFailure } from '../../classify.ts'
import type { ProviderError } from '../../errors.ts'
import type { HttpResponse } from '../../http.ts'
import { Secret, redact } from '../../secret.ts'
import type { ProviderSetup } from '../protocol.ts'

export interface Connection extends ProviderSetup {
  /** The headers of one request; the key wins over everything, the caller's own over the manifest's. */
  headersFor(own?: Readonly<Record<string, string>>): Record<string, string | Secret>
  /** Masks the key in a text of the provider. */
  redact(text: string): string
  failure(answer: Pick<Partial<HttpResponse>, 'status' | 'headers'>, body: string, model: string): ProviderError
}

export function connect(setup: ProviderSetup): Connection {
  const { declaration, apiKey } = setup
  const auth = authHeaders(setup)
  const fixed = lowerCase(setup.headers)
  return {
    ...setup,
    headersFor: (own = {}) => ({ ...fixed, ...lowerCase(own), ...auth }),
    redact: (text) => redact(text, apiKey === undefined ? [] : [apiKey]),
    failure: (answer, body, model) =>
      classifyFailure({
        ...answer,
        body,
        provider: declaration.id,
        model,
        ...(declaration.errors === undefined ? {} : { rules: declaration.errors }),
        ...(apiKey === undefined ? {} : { secrets: [apiKey] }),
      }),
  }
}

function authHeaders({ declaration, apiKey }: ProviderSetup): Record<string, Secret> {
  const auth = declaration.auth ?? { type: 'bearer' }
  if (apiKey === undefined || auth.type === 'none') return {}
  if (auth.type === 'header') return { [auth.header.toLowerCase()]: apiKey }
  return { authorization: new Secret(`Bearer ${apiKey.reveal()}`) }
}

const lowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
