/** In manifests, on messages, and as the key of what only this protocol can read in `providerMetadata`. */
export const OPENAI_CHAT = 'openai-chat'
