import type { Usage } from '../../messages.ts'
import type { FinishEvent } from '../../events.ts'

export interface ToldCall {
  readonly id: string
  readonly name: string
  readonly arguments: Readonly<Record<string, string | number>>
  /** `pieces`: as the model writes them. `whole`: in one piece. `none`: not at all. */
  readonly told: 'pieces' | 'whole' | 'none'
}

/** What a scripted host says, in our words; each protocol writes it in its own. */
export interface Told {
  readonly thinking?: readonly string[]
  readonly text?: readonly string[]
  readonly calls?: readonly ToldCall[]
  readonly usage?: Omit<Usage, 'totalTokens' | 'estimated'>
  readonly reason: FinishEvent['reason']
}

export const argumentText = ({ arguments: args, told }: ToldCall): string =>
  told === 'none' ? '' : JSON.stringify(args)

/** The argument text as a stream tells it. */
export const argumentPieces = (call: ToldCall): readonly string[] => {
  const text = argumentText(call)
  return call.told === 'whole' ? [text] : piecesOf(text, 3)
}

/** As many characters as a token has, about. */
const PIECE_CHARS = 12

/** A text in so many pieces, or more when it is long. */
export function piecesOf(text: string, least: number): readonly string[] {
  const size = Math.min(PIECE_CHARS, Math.ceil(text.length / least))
  return Array.from({ length: Math.ceil(text.length / size) || 0 }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  )
}
