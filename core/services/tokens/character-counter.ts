import { countInput } from './count-input.ts'
import { countText } from './count-text.ts'
import type { TokenCounter } from './tokens.ts'

/** Counts by the characters and their script, the same for every model. */
export const characterCounter: TokenCounter = {
  input: (_model, context, options) => countInput(context, options),
  text(_model, text) {
    const { likely, most } = countText(text)
    return { likely: Math.ceil(likely), most: Math.ceil(most) }
  },
}
