// One API for every model inside your own program. Run it: node examples/embed-in-host/main.ts
import { createPlugboard, dollars, type Context } from 'plugboard'

await using plugboard = await createPlugboard({ dataDir: false })

const context: Context = { messages: [{ role: 'user', content: 'What can you do?' }] }
const stream = plugboard.stream('sandbox:demo', context)
for await (const event of stream) {
  if (event.type === 'text_delta') process.stdout.write(event.delta)
}

const { usage, cost, error } = await stream.result()
if (error !== undefined) throw new Error(error.message)
const price = cost?.total ?? null
console.log(
  `\n${usage?.input} tokens in, ${usage?.output} out, ${price === null ? 'price unknown' : `$${dollars(price)}`}`,
)
