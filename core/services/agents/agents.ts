import type { Context, GenerationOptions } from '@plugboard/sdk'
import { token } from '../../kernel/scope.ts'
import { DEFAULT_MODEL } from '../catalog/catalog.ts'

/** The options an agent may have of its own. Not among them: headers, which may hold secrets, and who the end user is. */
export type AgentOptions = Omit<GenerationOptions, 'headers' | 'user'>

/** What calls of an agent are made with. */
export interface AgentSpec {
  readonly description?: string
  /** Any name of a model but another agent's. Default: the default model, as it is when the agent is called. */
  readonly model?: string
  /** Stands before the request's own instructions. */
  readonly systemPrompt?: string
  /** Where the request names the same option, the request wins. */
  readonly options?: AgentOptions
}

export interface Agent extends AgentSpec {
  readonly name: string
  /** Whether the host's code defines it or it is kept in the data folder. The host's word is stronger. */
  readonly from: 'host' | 'stored'
}

/** Named ways to call a model. `agent:NAME` stands wherever the name of a model can stand. */
export interface Agents {
  /** As any process on the data folder left it. Throws PlugboardError `AGENT_UNKNOWN` with candidates. */
  get(name: string): Agent
  /** Sorted by name. */
  list(): readonly Agent[]
  /**
   * Makes an agent, or puts it in the place of the one that has the name; the next call of any process sees it. Rejects
   * with PlugboardError `AGENT_INVALID`, or `AGENT_OF_HOST` where the host's code defines an agent of this name.
   */
  set(name: string, spec: AgentSpec, actor?: string): Promise<Agent>
  /** Throws PlugboardError `AGENT_UNKNOWN` or `AGENT_OF_HOST`. */
  remove(name: string, actor?: string): Promise<Agent>
}

export const Agents = token<Agents>('agents')

/** The agent a model's name stands for, if it stands for one. */
export const agentIn = (model: string): string | undefined =>
  model.startsWith('agent:') || model.startsWith('agent/') ? model.slice('agent:'.length) : undefined

interface Asked<O> {
  readonly context: Context
  readonly options: O
}

/** What a request of an agent asks a model. The request's own options win; its own instructions come last. */
export function onBehalfOf<O extends GenerationOptions>(
  { model = DEFAULT_MODEL, systemPrompt, options: own = {} }: AgentSpec,
  { context, options }: Asked<O>,
): Asked<O> & { readonly model: string } {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const { toolChoice, ...others } = own
  // A choice among tools is meant for requests that bring some; hosts refuse it without.
  const choice = toolChoice === undefined || (context.tools ?? []).length === 0 ? {} : { toolChoice }
  const instructions = [systemPrompt, context.systemPrompt].filter(Boolean).join('\n\n')
  return {
    model,
    context: instructions === '' ? context : { ...context, systemPrompt: instructions },
    options: { ...others, ...choice, ...given } as O,
  }
}

/** As `onBehalfOf` where the name of the model is that of an agent, else as it was asked. Throws `AGENT_UNKNOWN`. */
export function spokenFor<O extends GenerationOptions>(
  agents: Pick<Agents, 'get'>,
  model: string,
  asked: Asked<O>,
): Asked<O> & { readonly model: string } {
  const name = agentIn(model)
  return name === undefined
    ? { model, context: asked.context, options: asked.options }
    : onBehalfOf(agents.get(name), asked)
}
