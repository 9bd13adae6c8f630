import { safeIds, type HandOffTarget, type Rule } from '../../hand-off/index.ts'
import { ANTHROPIC } from './name.ts'
import type { Target } from './target.ts'

const CALL_IDS = safeIds(64)

export const handOffTarget = ({ model, compat, isDescribed }: Target): HandOffTarget => ({
  protocol: ANTHROPIC,
  provider: model.provider,
  model: model.id,
  seesImages: model.input.includes('image') || !isDescribed,
  callIds: CALL_IDS,
  takesLaterInstructions: compat.supportsMidConvoSystemMessages,
  takesErrorImages: false,
})

/** What this protocol does beyond the rules that hold for all. */
export const MESSAGES = {
  blankText: { id: 'A2', about: 'Blank texts go, and a message of which nothing is left.' },
  redacted: { id: 'A3', about: 'A redacted thought goes back as `redacted_thinking` with its data.' },
  unsignedThought: {
    id: 'A4',
    about: "The model's own thought without a signature becomes text, or has an empty one where the host allows that.",
    warning: {
      type: 'other',
      feature: 'thinking',
      message: 'Thoughts that were cut before they were signed went back as text, or not at all.',
    },
  },
  mergedResults: { id: 'A5', about: 'All results of an answer stand first in one user message.' },
  laterInstruction: { id: 'A6', about: 'Later instructions stand right before the next answer.' },
  strictTool: {
    id: 'A10',
    about: "`strict` is sent with tools whose schema lies within the provider's subset.",
    warning: {
      type: 'unsupported',
      feature: 'strict',
      message: '"strict" was left out for tools whose schema the host cannot enforce.',
    },
  },
  interruptedThinking: {
    id: 'A11',
    about: 'A budget of thought is left out while calls are answered whose answer did not begin with a signed thought.',
    warning: {
      type: 'unsupported',
      feature: 'reasoning',
      message: 'The model cannot begin to think between the tool calls of another model and their results.',
    },
  },
} as const satisfies Readonly<Record<string, Rule>>
