import type { Context } from '../messages.ts'
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

/** Whole texts of a user and nothing else: how most conversations begin, and no rule has anything to say to it. */
function isPlain({ systemPrompt, messages }: Context): boolean {
  if (systemPrompt !== undefined && !systemPrompt.isWellFormed()) return false
  for (const { role, content } of messages)
    if (role !== 'user' || typeof content !== 'string' || !content.isWellFormed()) return false
  return true
}
