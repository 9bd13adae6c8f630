import type { Secret } from '../../secret.ts'
import type { Connection } from '../connection.ts'
import type { AnthropicCompat } from './compat.ts'

/** The headers of one request; `own` are the caller's. Betas of the manifest and of the caller are sent together. */
export function headersFor(
  connection: Connection,
  compat: AnthropicCompat,
  own: Readonly<Record<string, string>> = {},
): Record<string, string | Secret> {
  const headers = connection.headersFor(own)
  const callers = Object.entries(own).find(([name]) => name.toLowerCase() === BETA)?.[1]
  const betas = new Set([...compat.betas, ...listed(connection.headers[BETA]), ...listed(callers)])
  return {
    'anthropic-version': compat.version,
    ...headers,
    ...(betas.size === 0 ? {} : { [BETA]: [...betas].join(',') }),
  }
}

const BETA = 'anthropic-beta'

const listed = (value: string | undefined): string[] =>
  (value ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
