import { safeIds, type HandOffTarget, type Rule } from '../../hand-off/index.ts'
import { GOOGLE } from './name.ts'
import type { Target } from './target.ts'

const CALL_IDS = safeIds(64)

export const handOffTarget = ({ model, isDescribed }: Target): HandOffTarget => ({
  protocol: GOOGLE,
  provider: model.provider,
  model: model.id,
  seesImages: model.input.includes('image') || !isDescribed,
  callIds: CALL_IDS,
  takesLaterInstructions: false,
})

/** What this protocol does beyond the rules that hold for all. */
export const GEMINI = {
  ids: { id: 'O1', about: 'Ids of calls are sent where the host knows them; others match by name and order.' },
  signatures: {
    id: 'O2',
    about: 'A signature that is not base64 is left out, because the provider refuses the whole request.',
    warning: {
      type: 'other',
      feature: 'thinking',
      message: 'Signatures were left out that are not of the form this provider reads.',
    },
  },
  emptyParts: { id: 'O3', about: 'Empty parts that carry a signature stay, other empty parts go.' },
  results: { id: 'O4', about: 'Results of a turn are function responses in one user turn, as `output` or `error`.' },
  resultImages: {
    id: 'O5',
    about: 'Images of results stand inside the function response, or in a user turn behind the results.',
  },
  schemas: {
    id: 'O6',
    about: 'Schemas lose `const`, which becomes `enum`, or are cut down to the subset of older hosts.',
  },
  system: { id: 'O7', about: 'Instructions are `systemInstruction`.' },
  foreignCalls: {
    id: 'O8',
    about: 'The first call of a turn that another model made carries the signature Google documents for that.',
  },
  imageAddresses: {
    id: 'O9',
    about: 'Images by address are left out where the host does not fetch them.',
    warning: {
      type: 'unsupported',
      feature: 'image-url',
      message: 'Images were left out: the host takes them as data, not by their address.',
    },
  },
  strictTools: {
    id: 'O10',
    about: '`strict` of tools is left out: there is no field for it.',
    warning: {
      type: 'unsupported',
      feature: 'strict',
      message: 'This protocol has no strict tools; "strict" was left out.',
    },
  },
} as const satisfies Readonly<Record<string, Rule>>
