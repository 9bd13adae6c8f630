import { definePlugin } from '@plugboard/sdk'
import { answer } from './answer.ts'

export default definePlugin({
  setup: ({ config }) => ({
    providers: {
      sandbox: { api: 1, stream: (request, signal) => answer(request, signal, Number(config['wordDelayMs'])) },
    },
  }),
})
