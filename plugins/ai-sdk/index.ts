import { definePlugin } from '@plugboard/sdk'
import { createProvider } from './provider.ts'

/** Makes a provider of every package of the AI SDK that a manifest names. */
export default definePlugin({
  async setup(context) {
    const ours = context.declarations.filter(({ protocol }) => protocol === undefined)
    const made = ours.map(async (declaration) => [declaration.id, await createProvider(declaration, context)] as const)
    return { providers: Object.fromEntries(await Promise.all(made)) }
  },
})
