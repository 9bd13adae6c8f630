import type { Context, GenerationOptions, Model } from '@plugboard/sdk'
import { token } from '../../kernel/scope.ts'

/** How many tokens something has: most likely, and at most. */
export interface TokenCount {
  readonly likely: number
  readonly most: number
}

/** Counts tokens without asking a provider. A host that has a model's own tokenizer can bring it. */
export interface TokenCounter {
  /** Everything a request sends to a model. Whole numbers. */
  input(model: Model, context: Context, options: GenerationOptions): TokenCount
  /** Whole numbers; 0 for no text. */
  text(model: Model, text: string): TokenCount
}

export const TokenCounter = token<TokenCounter>('tokenCounter')
