import { PlugboardError } from '@plugboard/sdk'
import { lazyCheck, type Check } from '../../kernel/schema.ts'
import { agentIn, type AgentOptions, type AgentSpec } from './agents.ts'

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

const positive = { type: 'number', minimum: 0 }
const count = { type: 'integer', minimum: 1 }
const text = { type: 'string', minLength: 1 }

/** Ranges are those of the options themselves: what a model takes of them is its provider's to say. */
const OPTIONS: Readonly<Record<keyof AgentOptions, object>> = {
  temperature: positive,
  topP: { type: 'number', minimum: 0, maximum: 1 },
  topK: count,
  maxTokens: count,
  stop: { type: 'array', items: text },
  seed: { type: 'integer' },
  presencePenalty: { type: 'number' },
  frequencyPenalty: { type: 'number' },
  toolChoice: {
    anyOf: [
      { enum: ['auto', 'none', 'required'] },
      { type: 'object', required: ['tool'], properties: { tool: text }, additionalProperties: false },
    ],
  },
  parallelToolCalls: { type: 'boolean' },
  responseFormat: {
    type: 'object',
    required: ['type'],
    properties: {
      type: { enum: ['text', 'json'] },
      schema: { type: 'object' },
      name: text,
      description: text,
      strict: { type: 'boolean' },
    },
    additionalProperties: false,
  },
  reasoning: { enum: ['off', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] },
  unsupported: { enum: ['warn', 'error'] },
  metadata: { type: 'object', additionalProperties: { type: 'string' } },
  providerOptions: { type: 'object', additionalProperties: { type: 'object' } },
  timeoutMs: count,
  idleTimeoutMs: count,
}

const SCHEMA = {
  type: 'object',
  properties: {
    description: { type: 'string' },
    model: text,
    systemPrompt: { type: 'string' },
    options: { type: 'object', properties: OPTIONS, additionalProperties: false },
  },
  additionalProperties: false,
}

const check: Check<AgentSpec> = lazyCheck(SCHEMA)

/** A copy that nobody changes afterwards. Throws PlugboardError `AGENT_INVALID` that names what is wrong. */
export function checkAgent(name: string, spec: AgentSpec): AgentSpec {
  if (!NAME.test(name))
    throw invalid(name, [
      'a name has at most 64 letters, digits, dots, dashes and underscores, and begins with one of the first two',
    ])
  // By way of JSON, in which it is kept: what is left out and what is undefined are the same there.
  const copy = JSON.parse(JSON.stringify(spec ?? null)) as AgentSpec
  const { findings } = check(copy)
  if (findings.length > 0)
    throw invalid(
      name,
      findings.map(
        ({ pointer, message, didYouMean }) =>
          `${pointer === '' ? 'it' : pointer.slice(1)} ${message}${didYouMean === undefined ? '' : `; did you mean "${didYouMean}"?`}`,
      ),
    )
  if (copy.model !== undefined && agentIn(copy.model) !== undefined)
    throw invalid(name, [`its model "${copy.model}" is an agent itself`])
  return copy
}

const invalid = (name: string, findings: readonly string[]): PlugboardError =>
  new PlugboardError('AGENT_INVALID', `The agent "${name}" cannot be set: ${findings.join('; ')}.`, {
    hint: 'Correct it and set the agent again.',
    details: { agent: name, findings },
  })
