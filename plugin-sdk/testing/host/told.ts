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
export function argumentPieces(call: ToldCall): readonly string[] {
  const text = argumentText(call)
  if (text === '') return []
  if (call.told === 'whole') return [text]
  const third = Math.ceil(text.length / 3)
  return [text.slice(0, third), text.slice(third, 2 * third), text.slice(2 * third)]
}
