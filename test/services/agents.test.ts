import { describe, expect, it } from 'vitest'
import { createPlugboard, type AgentSpec, type Context, type Plugboard, type StreamOptions } from '../../core/index.ts'
import {
  codePlugin,
  hello,
  providerOf,
  sayExpression,
  startBench,
  type Bench,
  type Files,
} from '../fixtures-plugins.ts'

/** A provider whose answers tell what it was asked. */
const mirror: Files = codePlugin(
  'mirror',
  {
    stream: sayExpression(
      'JSON.stringify({ model: request.model.id, system: request.context.systemPrompt, options: request.options })',
    ),
  },
  {
    contributes: {
      providers: [
        providerOf('mirror', {
          models: ['small', 'large'].map((id) => ({ id, price: { input: '1', output: '2' }, maxTokens: 1000 })),
          defaultModel: 'small',
        }),
      ],
    },
  },
)

const startMirror = (): Promise<Bench> => startBench({ mirror })

interface Seen {
  readonly model: string
  readonly system?: string
  readonly options: Readonly<Record<string, unknown>>
}

async function seen(
  plugboard: Plugboard,
  model: string | undefined,
  context: Context = hello,
  options: StreamOptions = {},
): Promise<Seen> {
  const { content, error } = await plugboard.complete(model, context, options)
  if (error !== undefined) throw new Error(error.message)
  const [part] = content
  return JSON.parse(part?.type === 'text' ? part.text : '') as Seen
}

const rejection = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('a call of an agent', () => {
  it("has the agent's model, options and instructions, below the request's own", async () => {
    await using bench = await startMirror()
    const { plugboard } = bench
    await plugboard.agents.set('planner', {
      model: 'mirror:large',
      systemPrompt: 'Plan first.',
      options: { temperature: 0.2, maxTokens: 300, stop: ['END'] },
    })
    expect(await seen(plugboard, 'agent:planner')).toEqual({
      model: 'large',
      system: 'Plan first.',
      options: { temperature: 0.2, maxTokens: 300, stop: ['END'] },
    })
    expect(
      await seen(plugboard, 'agent/planner', { ...hello, systemPrompt: 'Be short.' }, { temperature: 1, topP: 0.5 }),
    ).toEqual({
      model: 'large',
      system: 'Plan first.\n\nBe short.',
      options: { temperature: 1, maxTokens: 300, stop: ['END'], topP: 0.5 },
    })
  })

  it('leaves out a choice among tools where the request brings none', async () => {
    await using bench = await startMirror()
    const { plugboard } = bench
    await plugboard.agents.set('caller', { options: { toolChoice: 'required' } })
    expect((await seen(plugboard, 'agent:caller')).options).toEqual({})
    const tools = [{ name: 'look', parameters: { type: 'object' } }]
    expect((await seen(plugboard, 'agent:caller', { ...hello, tools })).options).toEqual({ toolChoice: 'required' })
  })

  it('goes to the default model of the moment when the agent names none', async () => {
    await using bench = await startMirror()
    const { plugboard } = bench
    await plugboard.agents.set('any', { options: { seed: 1 } })
    expect((await seen(plugboard, 'agent:any')).model).toBe('small')
    await plugboard.setDefaultModel('large')
    expect((await seen(plugboard, 'agent:any')).model).toBe('large')
  })

  it("counts on the agent's budget, unless the caller names another agent", async () => {
    await using bench = await startMirror()
    const { plugboard } = bench
    await plugboard.agents.set('planner', { model: 'mirror:small' })
    for (const value of ['planner', 'other'])
      await plugboard.budgets.set({ scope: { kind: 'agent', value }, window: 'total', limitNano: 1_000_000_000 })
    const spent = (): Record<string, number> =>
      Object.fromEntries(plugboard.budgets.list().map(({ scope, spent: { nano } }) => [scope.value, nano]))
    await plugboard.complete('agent:planner', hello)
    expect(spent()).toEqual({ planner: 2_000_000, other: 0 })
    await plugboard.complete('agent:planner', hello, { agentId: 'other' })
    expect(spent()).toEqual({ planner: 2_000_000, other: 2_000_000 })
    await plugboard.complete('mirror:small', hello)
    expect(spent()).toEqual({ planner: 2_000_000, other: 2_000_000 })
  })

  it("is refused when the agent's budget cannot pay it", async () => {
    await using bench = await startMirror()
    const { plugboard } = bench
    await plugboard.agents.set('poor', { model: 'mirror:small' })
    await plugboard.budgets.set({ scope: { kind: 'agent', value: 'poor' }, window: 'total', limitNano: 1 })
    const { error } = await plugboard.complete('agent:poor', hello)
    expect(error).toMatchObject({ class: 'quota', providerCode: 'BUDGET_EXCEEDED' })
  })

  it('is estimated with everything the agent adds', async () => {
    await using bench = await startMirror()
    const { plugboard } = bench
    await plugboard.agents.set('wordy', {
      model: 'mirror:large',
      systemPrompt: 'word '.repeat(1_000),
      options: { maxTokens: 77 },
    })
    const plain = await plugboard.estimate('mirror:large', hello)
    const agent = await plugboard.estimate('agent:wordy', hello)
    expect(agent).toMatchObject({ provider: 'mirror', model: 'large', worst: { outputTokens: 77 } })
    expect(agent.inputTokens).toBeGreaterThan(plain.inputTokens + 500)
    const { to } = await plugboard.compare('agent:wordy', 'agent:wordy', hello, { maxTokens: 5 })
    expect(to.worst.outputTokens).toBe(5)
  })

  it('that does not exist fails with candidates, and the audit log keeps what was asked for', async () => {
    await using bench = await startMirror()
    const { plugboard } = bench
    expect((await plugboard.complete('agent:planner', hello)).error).toMatchObject({
      class: 'not_found',
      providerCode: 'AGENT_UNKNOWN',
      hint: expect.stringContaining('plugboard agents set') as string,
    })
    await plugboard.agents.set('planner', {})
    expect((await plugboard.complete('agent:planer', hello)).error).toMatchObject({
      hint: 'Did you mean "agent:planner"?',
    })
    expect(await rejection(plugboard.estimate('agent:planer', hello))).toMatchObject({
      code: 'AGENT_UNKNOWN',
      details: { candidates: ['planner'] },
    })
    const refused = plugboard.auditLog.entries().filter(({ action }) => action === 'call_refused')
    expect(refused.map(({ details }) => details['model'])).toEqual(['agent:planer', 'agent:planner'])
  })
})

describe('agents', () => {
  it('are kept, changed and removed, and each change is in the audit log without its instructions', async () => {
    await using bench = await startMirror()
    const { agents, auditLog } = bench.plugboard
    await agents.set('b', { model: 'mirror:small', systemPrompt: 'private words', description: 'the second' }, 'key_1')
    await agents.set('a', {})
    expect(agents.list()).toEqual([
      { name: 'a', from: 'stored' },
      { name: 'b', from: 'stored', model: 'mirror:small', systemPrompt: 'private words', description: 'the second' },
    ])
    await agents.set('b', { options: { reasoning: 'low' } })
    expect(agents.get('b')).toEqual({ name: 'b', from: 'stored', options: { reasoning: 'low' } })
    expect(await agents.remove('b')).toMatchObject({ name: 'b' })
    expect(agents.list().map(({ name }) => name)).toEqual(['a'])
    expect(await rejection(agents.remove('b'))).toMatchObject({ code: 'AGENT_UNKNOWN' })
    const log = auditLog.entries().filter(({ action }) => action.startsWith('agent_'))
    expect(log.map(({ action, subject, actor }) => [action, subject, actor])).toEqual([
      ['agent_removed', 'b', 'system'],
      ['agent_changed', 'b', 'system'],
      ['agent_changed', 'a', 'system'],
      ['agent_changed', 'b', 'key_1'],
    ])
    expect(JSON.stringify(log)).not.toContain('private words')
  })

  it('changed by another process on the data folder count with the next call', async () => {
    await using bench = await startMirror()
    await using other = await createPlugboard({
      dataDir: bench.dir.at('data'),
      builtIn: false,
      hostDir: false,
      env: {},
      logLevel: 'silent',
    })
    await other.agents.set('planner', { model: 'mirror:small' })
    expect((await seen(bench.plugboard, 'agent:planner')).model).toBe('small')
    await other.agents.set('planner', { model: 'mirror:large' })
    expect((await seen(bench.plugboard, 'agent:planner')).model).toBe('large')
    await other.setDefaultModel('mirror:large')
    expect((await seen(bench.plugboard, undefined)).model).toBe('large')
  })

  it("of the host win over the data folder's and cannot be changed", async () => {
    await using bench = await startBench({ mirror }, { agents: { planner: { model: 'mirror:large' } } })
    await using other = await createPlugboard({
      dataDir: bench.dir.at('data'),
      hostDir: false,
      env: {},
      logLevel: 'silent',
    })
    await other.agents.set('planner', { model: 'mirror:small' })
    const { agents } = bench.plugboard
    expect(agents.list()).toEqual([{ name: 'planner', from: 'host', model: 'mirror:large' }])
    expect((await seen(bench.plugboard, 'agent:planner')).model).toBe('large')
    for (const change of [agents.set('planner', {}), agents.remove('planner')])
      expect(await rejection(change)).toMatchObject({ code: 'AGENT_OF_HOST' })
    expect(
      await rejection(createPlugboard({ dataDir: false, builtIn: false, hostDir: false, agents: { 'no good': {} } })),
    ).toMatchObject({ code: 'AGENT_INVALID' })
  })

  it.each<[name: string, spec: unknown, says: string]>([
    ['', {}, 'a name has at most 64'],
    ['with space', {}, 'a name has at most 64'],
    ['x'.repeat(65), {}, 'a name has at most 64'],
    ['a', { modle: 'x' }, 'unknown key "modle"; did you mean "model"?'],
    ['a', { options: { temprature: 1 } }, 'unknown key "temprature"; did you mean "temperature"?'],
    ['a', { options: { temperature: 'hot' } }, 'options/temperature must be of type number'],
    ['a', { options: { reasoning: 'much' } }, 'options/reasoning must be one of'],
    ['a', { options: { toolChoice: { name: 'x' } } }, 'options/toolChoice/tool is required'],
    ['a', { options: { headers: { authorization: 'x' } } }, 'unknown key "headers"'],
    ['a', { model: 'agent:b' }, 'is an agent itself'],
    ['a', null, 'it must be of type object'],
  ])('are refused when something is wrong: %s %j', async (name, spec, says) => {
    await using bench = await startBench()
    const error = await rejection(bench.plugboard.agents.set(name, spec as AgentSpec))
    expect(error).toMatchObject({ code: 'AGENT_INVALID', message: expect.stringContaining(says) as string })
    expect(bench.plugboard.agents.list()).toEqual([])
  })
})
