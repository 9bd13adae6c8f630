import type { Context } from '../messages.ts'
import type { GenerationOptions } from '../options.ts'
import type { Model, ModelDeclaration, Provider, ProviderDeclaration, ProviderRequest } from '../provider.ts'
import type { Exchange, Script, Upstream } from './host/upstream.ts'
import type { ScriptedHost } from './hosts/scripted-host.ts'
import type { NetworkWatch } from './network-watch.ts'
import { openReader, type Reader } from './reader.ts'
import type { Recorder } from './report.ts'
import type { Canary } from './secrets.ts'

export interface Limits {
  /** Milliseconds an answer of a good host may take. */
  readonly answerMs: number
  /** Milliseconds in which everything must have stopped after an abort. */
  readonly stopMs: number
}

/** One provider under examination, and all it takes to examine it. */
export interface Exam {
  readonly provider: Provider
  readonly declaration: ProviderDeclaration
  /** The kit's host for the provider's protocol, where it has one. */
  readonly host: ScriptedHost | undefined
  readonly upstream: Upstream
  readonly watch: NetworkWatch
  readonly record: Recorder
  readonly limits: Limits
  readonly canary: Canary
}

/** What is asked of a provider. */
export interface Ask {
  readonly model: Model
  readonly context: Context
  readonly options: GenerationOptions
  readonly stream: boolean
}

/** One answer, read to its end or to the limit. */
export interface Run {
  readonly fixture: string
  readonly request: ProviderRequest
  readonly reader: Reader
  /** Nothing more came, though there was time. */
  readonly isLate: boolean
  readonly exchanges: readonly Exchange[]
}

export const say = (text: string): Context => ({ messages: [{ role: 'user', content: text }] })

export const openAnswer = ({ watch, provider }: Exam, ask: Ask, signal: AbortSignal): Reader =>
  openReader(watch, provider, ask, signal)

/** Lets the host play the script, asks, and reads all that comes. What does not end is left. */
export async function perform(exam: Exam, fixture: string, ask: Ask, script: Script): Promise<Run> {
  const { upstream, limits } = exam
  upstream.play(script)
  const { exchanges } = upstream
  const abort = new AbortController()
  const reader = openAnswer(exam, ask, abort.signal)
  const isLate = !(await reader.read(limits.answerMs))
  if (isLate) {
    abort.abort()
    await reader.leave(limits.stopMs)
  }
  return { fixture, request: ask, reader, isLate, exchanges }
}

/** A declared model as a caller of the catalogue gets it. */
export const modelOf = (provider: ProviderDeclaration, declared: ModelDeclaration): Model => ({
  ...declared,
  provider: provider.id,
  name: declared.name ?? declared.id,
  api: provider.protocol ?? 'code',
  baseUrl: provider.baseUrl,
  input: declared.input ?? ['text'],
  tools: declared.tools ?? true,
  reasoning: declared.reasoning ?? false,
  compat: { ...provider.compat, ...declared.compat },
})

/** Declares nothing: a provider that describes no models passes on any name. */
const ANY: ModelDeclaration = { id: 'any-model' }

export const modelsOf = (provider: ProviderDeclaration): readonly Model[] =>
  (provider.models ?? []).map((declared) => modelOf(provider, declared))

/** The default model, where it can do what is wanted, else the first that can. */
export function modelFor(provider: ProviderDeclaration, can: (model: Model) => boolean = () => true): Model {
  const models = modelsOf(provider)
  const byDefault = models.find(({ id }) => id === provider.defaultModel)
  return [...(byDefault === undefined ? [] : [byDefault]), ...models].find(can) ?? models[0] ?? modelOf(provider, ANY)
}

export const requestName = ({ method, path }: Exchange): string => `${method} ${path}`
