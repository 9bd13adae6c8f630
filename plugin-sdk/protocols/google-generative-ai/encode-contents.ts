import { exchangesOf } from '../../hand-off/index.ts'
import type { AssistantMessage, Context, UserMessage } from '../../messages.ts'
import { encodeAssistant } from './encode-assistant.ts'
import { encodeText, encodeUserPart } from './encode-part.ts'
import { encodeResults } from './encode-results.ts'
import type { JsonObject } from './json.ts'
import type { Target } from './target.ts'

export interface Turn {
  readonly role: 'user' | 'model'
  readonly parts: readonly JsonObject[]
}

/** A conversation after its hand-off as `contents`. System messages are not among them. */
export function encodeContents({ messages }: Context, target: Target): Turn[] {
  return exchangesOf(messages).flatMap(({ answer, results, following }): Turn[] => {
    const parts = answer === undefined ? [] : encodeAssistant(answer, target)
    const inputs = following.filter((message) => message.role === 'user')
    return [
      ...(parts.length === 0 ? [] : [{ role: 'model' as const, parts }]),
      ...(results.length === 0 ? [] : encodeResults(results, toolNames(answer), target)),
      ...inputs.map((input) => ({ role: 'user' as const, parts: encodeUser(input, target) })),
    ]
  })
}

/** By the id of the call. */
const toolNames = (answer: AssistantMessage | undefined): ReadonlyMap<string, string> =>
  new Map(answer?.content.flatMap((part) => (part.type === 'toolCall' ? [[part.id, part.name]] : [])))

/** A turn of which nothing is left stays, empty: the turns around it would otherwise say something else. */
function encodeUser({ content }: UserMessage, target: Target): JsonObject[] {
  const parts =
    typeof content === 'string' ? [encodeText(content)] : content.flatMap((part) => encodeUserPart(part, target))
  return parts.length === 0 ? [encodeText('')] : parts
}
