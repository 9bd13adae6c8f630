// Plugboard as a provider of the AI SDK: streamText, tools and registries on every model that is plugged in.
// Run it: node examples/ai-sdk-host/main.ts
import { createProviderRegistry, isStepCount, jsonSchema, streamText, tool } from 'ai'
import { createPlugboard } from 'plugboard'
import { plugboardProvider } from 'plugboard/ai-sdk'

await using plugboard = await createPlugboard({ dataDir: false })
const registry = createProviderRegistry({ pb: plugboardProvider(plugboard) })

const answer = streamText({
  // With a key: 'pb:anthropic:claude-sonnet-4-5'. The sandbox answers offline, and calls tools when told to.
  model: registry.languageModel('pb:sandbox:thinker'),
  prompt: '/tool weather {"city":"Bern"}',
  stopWhen: isStepCount(3),
  tools: {
    weather: tool({
      description: 'The weather of a city',
      inputSchema: jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } } }),
      execute: ({ city }) => `sunny in ${city}`,
    }),
  },
})
for await (const text of answer.textStream) process.stdout.write(text)

for (const { providerMetadata } of await answer.steps)
  console.log(`\n${JSON.stringify(providerMetadata?.['plugboard'])}`)
