import type { CallIdForm, HandOffTarget, Rule } from '../../hand-off/index.ts'
import { OPENAI_RESPONSES } from './name.ts'
import type { Target } from './target.ts'

/** Ids of the model's own calls go back as they came, whatever a host writes into them. */
const CALL_IDS: CallIdForm = { fits: /^[A-Za-z0-9_-]{1,64}$/, ownFits: /^.{1,64}$/s, length: 64, namesItem: true }

export const handOffTarget = ({ model, compat, isDescribed, stored }: Target): HandOffTarget => ({
  protocol: OPENAI_RESPONSES,
  provider: model.provider,
  model: model.id,
  seesImages: model.input.includes('image') || !isDescribed,
  callIds: CALL_IDS,
  takesLaterInstructions: compat.supportsMidConvoSystemMessages,
  remembers: stored,
})

/** What this protocol does beyond the rules that hold for all. */
export const RESPONSES = {
  callIds: {
    id: 'R1',
    about: 'The id of a call names its item as well; only what stands before the bar is sent as `call_id`.',
  },
  itemIds: {
    id: 'R3',
    about: 'Ids of items go back to the model that gave them, while the thoughts beside them do.',
  },
  idForms: { id: 'R4', about: 'The id of an item that has not the form of its type is left out.' },
  thoughts: {
    id: 'R5',
    about: 'A thought goes back as the item that came, if the provider can still read it and what it led to follows.',
    warning: {
      type: 'other',
      feature: 'thinking',
      message: 'Thoughts were left out that the provider cannot read again.',
    },
  },
  texts: { id: 'R6', about: "A text goes back with its message's id and phase." },
  results: { id: 'R7', about: 'A result is one text, or parts when there are images in it.' },
  interleaved: { id: 'R9', about: 'Calls stand behind the texts of their turn where a host wants that.' },
  strict: {
    id: 'R10',
    about: '`strict` is left out where the host does not know it.',
    warning: {
      type: 'unsupported',
      feature: 'strict',
      message: 'This host holds nothing to a schema; "strict" was left out.',
    },
  },
} as const satisfies Readonly<Record<string, Rule>>
