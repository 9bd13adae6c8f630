import { JSON_TEXT, streamText, writeStreamOrder, type StreamOrder } from './answers.ts'
import type { Expected } from './load/job.ts'
import type { Measure } from './results.ts'
import type { TargetName } from './targets.ts'

export interface Scenario {
  readonly name: string
  readonly about: string
  readonly connections: number
  /** Requests in one round of a full run: few, so that what else the machine does falls on all targets of the round alike. */
  readonly requests: number
  /** Scenarios of one path run the same code: a target that is hot for one of them is hot for all. */
  readonly path: 'whole' | 'stream'
  readonly restMs: number
  /** Measured in every round, in this order. */
  readonly targets: readonly TargetName[]
  /** What says something here; the rest is left out of the report. */
  readonly shows: readonly Measure[]
  /** Without the model, which each target names in its own way. */
  readonly body: Readonly<Record<string, unknown>>
  readonly expected: Expected
}

const CONVERSATION_BYTES = 32 * 1024
const SENTENCE = 'The quick brown fox jumps over the "lazy" dog, and nobody in the village knows why. '

const SYSTEM = { role: 'system', content: 'You are a helpful assistant.' }
const QUESTION = { role: 'user', content: 'What is a proxy?' }

/** Whom the budgets of the target `budgeted` count. */
export const BUDGET_USER = 'bench-user'

export const json: Scenario = {
  name: 'json',
  about: 'small chat completion in one piece, 16 connections',
  connections: 16,
  requests: 3_000,
  path: 'whole',
  restMs: 0,
  targets: ['direct', 'bare', 'gateway'],
  shows: ['cpu', 'rps', 'p50', 'p99'],
  body: { messages: [SYSTEM, QUESTION], temperature: 0.2, max_tokens: 64 },
  expected: { text: JSON_TEXT },
}

const json32k: Scenario = {
  ...json,
  name: 'json-32k',
  about: 'the same after a conversation of 32 KB',
  requests: 1_200,
  body: { ...json.body, messages: [SYSTEM, ...longConversation(), QUESTION] },
}

const budgets: Scenario = {
  ...json,
  name: 'budgets',
  about: 'the small chat completion without and with three budgets that apply to every call',
  targets: ['bare', 'gateway', 'budgeted'],
  body: { ...json.body, user: BUDGET_USER },
}

export const streamBurst: Scenario = {
  name: 'stream-burst',
  about: 'stream of 200 deltas sent at once, each an HTTP chunk of its own, 16 connections',
  connections: 16,
  requests: 800,
  path: 'stream',
  restMs: 0,
  targets: json.targets,
  shows: ['cpu', 'deltas', 'firstToken', 'p50', 'p99'],
  ...streamed({ deltas: 200, everyMs: 0, joined: false }),
}

const streamJoined: Scenario = {
  ...streamBurst,
  name: 'stream-joined',
  about: 'the same with all deltas in one HTTP chunk',
  ...streamed({ deltas: 200, everyMs: 0, joined: true }),
}

const streamPaced: Scenario = {
  name: 'stream-paced',
  about: 'streams of 20 deltas, one every 5 ms, 50 connections',
  connections: 50,
  requests: 300,
  path: 'stream',
  restMs: 0,
  targets: json.targets,
  shows: ['cpu', 'deltas', 'firstToken', 'p99'],
  ...streamed({ deltas: 20, everyMs: 5, joined: false }),
}

const ttft: Scenario = {
  name: 'ttft',
  about: 'time to first token, one connection, 5 ms of rest between requests',
  connections: 1,
  requests: 60,
  path: 'stream',
  restMs: 5,
  targets: json.targets,
  shows: ['firstToken', 'p50'],
  ...streamed({ deltas: 3, everyMs: 1, joined: false }),
}

export const scenarios: readonly Scenario[] = [json, json32k, budgets, streamBurst, streamJoined, streamPaced, ttft]

function streamed(order: StreamOrder): Pick<Scenario, 'body' | 'expected'> {
  const question = { role: 'user', content: `What is a proxy? ${writeStreamOrder(order)}` }
  const { deltas } = order
  return {
    body: {
      messages: [SYSTEM, question],
      temperature: 0.2,
      max_tokens: 64,
      stream: true,
      stream_options: { include_usage: true },
    },
    expected: { text: streamText(deltas), deltas },
  }
}

function longConversation(): readonly object[] {
  const turns: object[] = []
  const content = SENTENCE.repeat(12)
  while (turns.length * content.length < CONVERSATION_BYTES)
    turns.push({ role: 'user', content }, { role: 'assistant', content })
  return turns
}
