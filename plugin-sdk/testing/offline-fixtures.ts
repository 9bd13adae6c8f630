import { modelFor, modelsOf, say, type Ask, type Exam } from './exam.ts'
import type { Fixture, Talk } from './fixture.ts'
import type { Script } from './host/upstream.ts'

const NO_HOST: Script = () => undefined

const TOOL = {
  name: 'get_weather',
  description: 'The weather of a city.',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

/** What can be asked of a provider of which nothing is known but that it answers by itself. */
export function offlineFixtures({ declaration }: Exam): readonly Fixture[] {
  const ask = (more: Partial<Ask> = {}): Ask => ({
    model: modelFor(declaration),
    context: say('Hello'),
    options: {},
    stream: true,
    ...more,
  })
  const fixture = (name: string, asked: Ask): Fixture => ({ name, ask: asked, script: NO_HOST, expect: {} })
  return [
    fixture('hello', ask()),
    fixture('hello-no-stream', ask({ stream: false })),
    fixture('tools-offered', ask({ context: { ...say('Weather in Bern?'), tools: [TOOL] } })),
    ...modelsOf(declaration).map((model) => fixture(`model ${model.id}`, ask({ model }))),
  ]
}

export const offlineTalk = ({ declaration }: Exam): Talk => ({
  usesHost: false,
  ask: (label) => ({ model: modelFor(declaration), context: say(`Say ${label} now`), options: {}, stream: true }),
  texts: () => undefined,
  script: () => NO_HOST,
})
