import type { Context, Message } from '../messages.ts'
import {
  emptyForNothing,
  emptyThoughts,
  failedAnswers,
  foreignCalls,
  foreignTexts,
  foreignThoughts,
} from './answers.ts'
import { callIds } from './call-ids.ts'
import { imagesOfErrors, imagesUnseen } from './images.ts'
import { laterInstructions } from './instructions.ts'
import { foreignParts } from './opaque.ts'
import { isFailed } from './pairs.ts'
import type { ConversationRule, HandOffTarget, Note } from './rule.ts'
import { brokenCharacters } from './texts.ts'
import { missingResults, resultsBehindCalls, strayResults } from './tool-results.ts'

/** In the order in which they are applied: each may rely on those before it. */
export const conversationRules: readonly ConversationRule[] = [
  emptyForNothing,
  failedAnswers,
  foreignParts,
  strayResults,
  resultsBehindCalls,
  missingResults,
  foreignThoughts,
  emptyThoughts,
  foreignTexts,
  foreignCalls,
  callIds,
  imagesUnseen,
  imagesOfErrors,
  brokenCharacters,
  laterInstructions,
]

/**
 * A conversation, perhaps begun with another provider, as the target can take it: what only another model understands is
 * left out, calls and results stand in pairs, and `note` hears what was changed. The caller's own context stays as it is.
 */
export function handOff(context: Context, target: HandOffTarget, note: Note): Context {
  if (isPlain(context)) return context
  let conversation = context
  for (const rule of conversationRules) conversation = rule.apply(conversation, target, (count) => note(rule, count))
  return conversation
}

/** Whole texts that nobody signed: what most conversations are, and no rule has anything to say to it. */
function isPlain({ systemPrompt, messages }: Context): boolean {
  if (systemPrompt !== undefined && !systemPrompt.isWellFormed()) return false
  for (const message of messages) if (!isPlainMessage(message)) return false
  return true
}

function isPlainMessage(message: Message): boolean {
  const { role, content } = message
  if (role === 'user') return typeof content === 'string' && content.isWellFormed()
  if (role !== 'assistant' || message.providerMetadata !== undefined || isFailed(message)) return false
  // As it comes from the caller, whose types say what should be there.
  if (!Array.isArray(content)) return false
  for (const part of content) {
    const isPlainText = part.type === 'text' && part.textSignature === undefined && part.providerMetadata === undefined
    if (!isPlainText || !part.text.isWellFormed()) return false
  }
  return true
}
