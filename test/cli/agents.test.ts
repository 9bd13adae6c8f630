import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPlugboard, type Plugboard } from '../../core/index.ts'
import { startNode } from '../support/process.ts'
import { tempDir, type TempDir } from '../support/temp-dir.ts'

const CLI = new URL('../../core/surfaces/cli/plugboard.js', import.meta.url).pathname

let dir: TempDir

beforeAll(async () => {
  dir = await tempDir()
})
afterAll(() => dir.remove())

async function plugboard(
  ...words: readonly (string | readonly string[])[]
): Promise<{ code: number | null; out: string; err: string }> {
  await using cli = startNode([CLI, ...words.flat()], { env: { PLUGBOARD_HOME: dir.at('home') }, cwd: dir.path })
  const { code } = await cli.exited
  return { code, out: cli.stdout, err: cli.stderr }
}

const hostOnIt = (): Promise<Plugboard> =>
  createPlugboard({ dataDir: dir.at('home'), hostDir: false, env: {}, logLevel: 'silent' })

describe('plugboard agents', () => {
  it('sets, changes and removes an agent, which a running host calls at once', async () => {
    await using host = await hostOnIt()
    const set = await plugboard(
      'agents set planner -m sandbox:thinker --temperature 0.2 --option stop=["END"] --json --system'.split(' '),
      'Plan first.',
    )
    expect(set).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(set.out)).toEqual({
      name: 'planner',
      from: 'stored',
      model: 'sandbox:thinker',
      systemPrompt: 'Plan first.',
      options: { temperature: 0.2, stop: ['END'] },
    })
    const { provider, model } = await host.complete('agent:planner', { messages: [{ role: 'user', content: 'Hi' }] })
    expect({ provider, model }).toEqual({ provider: 'sandbox', model: 'thinker' })

    await plugboard('agents', 'set', 'agent:planner', '--temperature', 'none', '--description', 'Plans')
    expect(host.agents.get('planner')).toMatchObject({
      model: 'sandbox:thinker',
      systemPrompt: 'Plan first.',
      description: 'Plans',
      options: { stop: ['END'] },
    })
    const removed = await plugboard('agents', 'remove', 'planner')
    expect(removed.out).toContain('The agent "planner" is removed.')
    expect(host.agents.list()).toEqual([])
    expect(host.auditLog.entries(1_000).filter(({ actor }) => actor === 'cli')).toMatchObject([
      { action: 'agent_removed' },
      { action: 'agent_changed' },
      { action: 'agent_changed' },
    ])
  })

  it('lists agents, and chat talks to one', async () => {
    {
      await using host = await hostOnIt()
      await host.agents.set('talker', { model: 'sandbox:demo', systemPrompt: 'Talk.', options: { topP: 0.5 } })
    }
    const listed = await plugboard('agents', 'list')
    expect(listed.out).toMatch(/agent:talker +sandbox:demo +topP=0.5 with instructions/)
    const chat = await plugboard('chat', '-m', 'agent:talker', 'Hello')
    expect(chat.out.trim()).toBe('You said: Hello')
    expect(chat.err).toContain('sandbox:demo')
    const gone = await plugboard('agents', 'remove', 'talkr')
    expect(gone.code).toBe(1)
    expect(gone.err).toContain('Did you mean "agent:talker"?')
  })

  it('says what is wrong with an agent, and warns of a model that is not there', async () => {
    const wrong = await plugboard('agents', 'set', 'a', '--reasoning', 'much')
    expect(wrong.code).toBe(1)
    expect(wrong.err).toContain('options/reasoning must be one of "off"')
    expect((await plugboard('agents', 'set', 'a', '--option', 'stop')).err).toContain('--option \'stop=["END"]\'')
    const unknown = await plugboard('agents', 'set', 'a', '-m', 'sandbox:dmo')
    expect(unknown.code).toBe(0)
    expect(unknown.err).toContain('Did you mean "sandbox:demo"?')
  })
})

describe('plugboard models default', () => {
  it('chooses the default, and chat uses it', async () => {
    const chosen = await plugboard('models', 'default', 'sandbox:thinker', '--json')
    expect(JSON.parse(chosen.out)).toEqual({ model: 'sandbox:thinker' })
    expect((await plugboard('chat', 'Hello')).err).toContain('sandbox:thinker')
    const wrong = await plugboard('models', 'default', 'sandbox:thinkr')
    expect(wrong.code).toBe(1)
    expect(wrong.err).toContain('Did you mean "sandbox:thinker"?')
  })

  it('goes back to the first provider with a key', async () => {
    expect((await plugboard('models', 'default', '--reset')).out.trim()).toBe('sandbox:demo')
    expect((await plugboard('models', 'default')).out.trim()).toBe('sandbox:demo')
  })
})
