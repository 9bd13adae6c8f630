import type { ProviderDeclaration } from '../../provider.ts'
import { anthropicMessagesHost } from './anthropic-messages.ts'
import { googleGenerativeAiHost } from './google-generative-ai.ts'
import { openaiChatHost } from './openai-chat.ts'
import { openaiResponsesHost } from './openai-responses.ts'
import type { ScriptedHost } from './scripted-host.ts'

const hosts: Readonly<Record<string, (declaration: ProviderDeclaration) => ScriptedHost>> = {
  'openai-chat': openaiChatHost,
  'openai-responses': () => openaiResponsesHost,
  'anthropic-messages': () => anthropicMessagesHost,
  'google-generative-ai': () => googleGenerativeAiHost,
}

/** The kit's own host for the protocol a provider declares, or undefined when it declares none. */
export const scriptedHostFor = (declaration: ProviderDeclaration): ScriptedHost | undefined =>
  declaration.protocol === undefined ? undefined : hosts[declaration.protocol]?.(declaration)
