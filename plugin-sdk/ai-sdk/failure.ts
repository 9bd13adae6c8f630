import { classifyFailure } from '../classify.ts'
import { ProviderError, ownErrorIn, type ErrorClass, type PlugboardError } from '../errors.ts'
import type { ProviderDeclaration } from '../provider.ts'
import { redact, type Secret } from '../secret.ts'
import { isObject, type Json } from './part.ts'

/** Whose failure it is. */
export interface FailedProvider {
  readonly declaration: ProviderDeclaration
  /** Masked wherever the provider echoes them. */
  readonly secrets: readonly Secret[]
}

/** Errors that hold no answer of the provider. */
const CLASSES: Readonly<Record<string, ErrorClass>> = {
  AI_LoadAPIKeyError: 'auth',
  AI_LoadSettingError: 'invalid_request',
  AI_InvalidArgumentError: 'invalid_request',
  AI_InvalidPromptError: 'invalid_request',
  AI_NoSuchModelError: 'not_found',
  AI_UnsupportedFunctionalityError: 'unsupported',
  AI_EmptyResponseBodyError: 'server',
  AI_InvalidResponseDataError: 'server',
  AI_JSONParseError: 'server',
  AI_TypeValidationError: 'server',
  // Thrown at answers that a package did not expect.
  Error: 'server',
}
/** Some quote the whole value they did not like. */
const MESSAGE_CHARS = 500

/** What a package threw, or put into its stream, in the words of the error table. */
export function failureOf(error: unknown, { declaration, secrets }: FailedProvider, model: string): PlugboardError {
  // Packages wrap what our own `fetch` threw.
  const own = ownErrorIn(error)
  if (own !== undefined) return own
  const { name, message, statusCode, responseHeaders, responseBody, data, value }: Json = isObject(error) ? error : {}
  const where = { provider: declaration.id, model }
  // An error that the provider wrote into its stream, and the package did not know.
  const unknown = isObject(value) && 'error' in value ? value : undefined
  const errorClass = CLASSES[String(name)] ?? (isFault(error) ? 'plugin' : undefined)
  // Without its cause, which quotes what the provider said: a key, perhaps.
  if (errorClass !== undefined && unknown === undefined)
    return new ProviderError(errorClass, redact(String(message), secrets).slice(0, MESSAGE_CHARS), where)
  const body = responseBody ?? unknown ?? data ?? (error instanceof Error ? message : error)
  return classifyFailure({
    ...where,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    secrets,
    ...(typeof statusCode === 'number' ? { status: statusCode } : {}),
    ...(isObject(responseHeaders) ? { headers: responseHeaders as Record<string, string> } : {}),
    ...(declaration.errors === undefined ? {} : { rules: declaration.errors }),
  })
}

/** Not of the AI SDK: something in the package is wrong. */
const isFault = (error: unknown): boolean => error instanceof Error && !error.name.startsWith('AI_')
