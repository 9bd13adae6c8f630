import { PlugboardError } from '../errors.ts'
import type { Protocol } from './protocol.ts'

export type * from './protocol.ts'

/** Loaded at first use: a process pays only for the protocols it speaks. */
const protocols: Readonly<Record<string, () => Promise<Protocol>>> = {
  'openai-chat': async () => (await import('./openai-chat/index.ts')).openaiChat,
  'openai-responses': async () => (await import('./openai-responses/index.ts')).openaiResponses,
  'anthropic-messages': async () => (await import('./anthropic-messages/index.ts')).anthropicMessages,
  'google-generative-ai': async () => (await import('./google-generative-ai/index.ts')).googleGenerativeAi,
}

export const protocolNames: readonly string[] = Object.keys(protocols)

export async function loadProtocol(name: string): Promise<Protocol> {
  const load = protocols[name]
  if (load === undefined)
    throw new PlugboardError('PROTOCOL_UNKNOWN', `There is no wire protocol "${name}".`, {
      hint: `Use one of: ${protocolNames.join(', ')}.`,
    })
  return load()
}
