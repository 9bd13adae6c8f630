import type { Context, UserMessage } from '../../messages.ts'
import { CallIds } from './call-ids.ts'
import { encodeAssistant } from './encode-assistant.ts'
import { encodeText, encodeUserPart } from './encode-part.ts'
import { encodeResults } from './encode-results.ts'
import { exchangesOf } from './hand-off.ts'
import type { JsonObject } from './json.ts'
import type { Target } from './target.ts'

export interface Turn {
  readonly role: 'user' | 'model'
  readonly parts: readonly JsonObject[]
}

/** A conversation as `contents`. System messages are not among them: `systemInstruction` holds all instructions. */
export function encodeContents({ messages }: Context, target: Target): Turn[] {
  const ids = new CallIds()
  return exchangesOf(messages).flatMap(({ answer, results, inputs }): Turn[] => {
    const parts = answer === undefined ? [] : encodeAssistant(answer, ids, target)
    return [
      ...(parts.length === 0 ? [] : [{ role: 'model' as const, parts }]),
      ...(results.length === 0 ? [] : encodeResults(results, ids, target)),
      ...inputs.map((input) => ({ role: 'user' as const, parts: encodeUser(input, target) })),
    ]
  })
}

/** A turn of which nothing is left stays, empty: the turns around it would otherwise say something else. */
function encodeUser({ content }: UserMessage, target: Target): JsonObject[] {
  const parts =
    typeof content === 'string' ? [encodeText(content)] : content.flatMap((part) => encodeUserPart(part, target))
  return parts.length === 0 ? [encodeText('')] : parts
}
