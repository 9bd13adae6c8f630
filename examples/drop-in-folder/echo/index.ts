import { definePlugin, EventBuilder, type ProviderRequest } from '@plugboard/sdk'

export default definePlugin({
  setup: () => ({ providers: { echo: { api: 1, stream } } }),
})

async function* stream({ context }: ProviderRequest) {
  const events = new EventBuilder()
  const said = context.messages.at(-1)?.content
  events.text(typeof said === 'string' ? said : 'I can only repeat plain text.')
  events.finish({ reason: 'stop' })
  yield events.take()
}
