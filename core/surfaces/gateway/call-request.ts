import { PlugboardError, type GenerationOptions } from '@plugboard/sdk'
import type { DoorRequest } from '@plugboard/sdk/protocols'
import type { CallRequest } from '../../pipeline/call.ts'
import type { WantedExtras } from './answer-extras.ts'

/** A client's request as the engine takes it. */
export function callRequest(
  { model, context, options, stream, wire, extensions }: DoorRequest,
  keyId: string,
): CallRequest {
  const budget = section(extensions, 'budget')
  const unsupported = policy(section(extensions, 'response'))
  return {
    model,
    context,
    options: unsupported === undefined ? options : { ...options, unsupported },
    stream,
    wire,
    caller: budget === NOTHING ? callerWith(keyId, options.user) : callerIn(budget, keyId, options.user),
    maxCost: budget === NOTHING ? undefined : dollars(budget, 'budget', 'max_cost'),
    costAlertThreshold: budget === NOTHING ? undefined : dollars(budget, 'budget', 'cost_alert_threshold'),
  }
}

type Caller = CallRequest['caller']

const callerWith = (keyId: string, userId: string | undefined): Caller => ({
  keyId,
  trackingId: undefined,
  userId,
  projectId: undefined,
  agentId: undefined,
})

const callerIn = (budget: Section, keyId: string, user: string | undefined): Caller => ({
  keyId,
  trackingId: text(budget, 'budget', 'tracking_id'),
  userId: text(budget, 'budget', 'user_id') ?? user,
  projectId: text(budget, 'budget', 'project_id'),
  agentId: text(budget, 'budget', 'agent_id'),
})

export function wantedExtras({ extensions }: DoorRequest): WantedExtras {
  const response = section(extensions, 'response')
  if (response === NOTHING) return EVERYTHING
  return { cost: flag(response, 'include_cost'), latency: flag(response, 'include_latency') }
}

const EVERYTHING: WantedExtras = { cost: true, latency: true }

type Section = Readonly<Record<string, unknown>>
const NOTHING: Section = {}

function section(extensions: Section, name: string): Section {
  const value = extensions[name] ?? NOTHING
  if (typeof value !== 'object' || Array.isArray(value)) throw wrong(name, 'an object')
  return value as Section
}

function text(part: Section, name: string, key: string): string | undefined {
  const value = part[key]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string' || value.length > 200) throw wrong(`${name}.${key}`, 'a text of at most 200 characters')
  return value
}

function dollars(part: Section, name: string, key: string): number | undefined {
  const value = part[key]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || value < 0) throw wrong(`${name}.${key}`, 'a number of dollars, 0 or more')
  return value
}

function flag(part: Section, key: string): boolean {
  const value = part[key] ?? true
  if (typeof value !== 'boolean') throw wrong(`response.${key}`, 'true or false')
  return value
}

/** What becomes of a request that the model cannot do as asked. */
function policy({ unsupported }: Section): GenerationOptions['unsupported'] {
  if (unsupported === undefined || unsupported === null) return undefined
  if (unsupported !== 'warn' && unsupported !== 'error') throw wrong('response.unsupported', '"warn" or "error"')
  return unsupported
}

const wrong = (param: string, wanted: string): PlugboardError =>
  new PlugboardError('REQUEST_INVALID', `"${param}" must be ${wanted}.`, {
    hint: 'Correct the field, or leave it out.',
    details: { param },
  })
