/** The protocol's name in manifests, on messages and on wire fields. */
export const ANTHROPIC = 'anthropic-messages'
