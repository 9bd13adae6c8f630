import { safeIds, type CallIdForm, type HandOffTarget, type Rule } from '../../hand-off/index.ts'
import type { Model } from '../../provider.ts'
import type { OpenAIChatCompat } from './compat.ts'
import { OPENAI_CHAT } from './name.ts'

const CALL_IDS: Readonly<Record<OpenAIChatCompat['toolCallIdFormat'], CallIdForm | undefined>> = {
  any: undefined,
  safe40: safeIds(40),
  alnum9: { fits: /^[A-Za-z0-9]{9}$/, length: 9 },
}

/** What a client of this protocol sends does not say where it came from, and counts as the model's own. */
export function targetOf(model: Model, compat: OpenAIChatCompat, seesImages: boolean): HandOffTarget {
  return {
    protocol: OPENAI_CHAT,
    provider: model.provider,
    model: model.id,
    seesImages,
    ownsUnnamed: true,
    takesLaterInstructions: true,
    callIds: CALL_IDS[compat.toolCallIdFormat],
  }
}

/** What this protocol does beyond the rules that hold for all. */
export const CHAT = {
  developer: {
    id: 'C3',
    about: 'Instructions have the role `developer` for reasoning models of a host that knows it, else `system`.',
  },
  bridge: {
    id: 'C4',
    about: 'Where a user may not speak right after a tool, an assistant message says that the results were seen.',
  },
  emptyText: { id: 'C5', about: 'Empty texts go, and a user message of which nothing is left.' },
  oneText: { id: 'C6', about: 'The texts of an answer are sent as one, because some models copy a list of parts.' },
  thoughtFields: {
    id: 'C7',
    about: 'Thoughts go back in the field in which they came, or as text where the host wants that.',
    warning: {
      type: 'other',
      feature: 'thinking',
      message: 'Thoughts were left out that do not say in which field they came.',
    },
  },
  thoughtDetails: { id: 'C8', about: 'Details of reasoning go back as the list that came.' },
  emptyReasoning: { id: 'C9', about: 'Hosts that want `reasoning_content` on every answer get an empty one.' },
  emptyAnswer: { id: 'C10', about: 'An answer of which nothing is left goes.' },
  resultText: { id: 'C11', about: 'A result is its texts joined by line breaks, or words that say there is none.' },
  resultImages: { id: 'C12', about: 'Images of results in a row follow them in one user message.' },
  strictTools: {
    id: 'C14',
    about: '`strict` is sent with tools only where the host knows it.',
    warning: {
      type: 'unsupported',
      feature: 'tools.strict',
      message: 'This host does not hold tool calls to their schema; "strict" was left out.',
    },
  },
  failedResult: {
    id: 'C15',
    about: 'That a result is an error is not sent, there is no field for it; its text says so.',
  },
} as const satisfies Readonly<Record<string, Rule>>
