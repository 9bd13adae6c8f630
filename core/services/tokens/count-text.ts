import type { TokenCount } from './tokens.ts'

/**
 * Tokens per character of one class of characters. `likely` is the middle of today's tokenizers on ordinary text; `most` holds for
 * older and finer ones, and for text that no tokenizer has words for (random letters, base64, digits one by one).
 */
type Weight = TokenCount

const LETTER: Weight = { likely: 0.24, most: 0.6 }
const DIGIT: Weight = { likely: 0.6, most: 1 }
const SYMBOL: Weight = { likely: 0.55, most: 1 }
/** A single space belongs to the word behind it. */
const SPACE: Weight = { likely: 0.03, most: 0.25 }
const NEW_LINE: Weight = { likely: 0.4, most: 1 }
const LATIN: Weight = { likely: 0.9, most: 1.5 }
const ALPHABET: Weight = { likely: 0.42, most: 1.3 }
const SYLLABLES: Weight = { likely: 0.65, most: 2.8 }
const IDEOGRAPH: Weight = { likely: 0.72, most: 2 }
const OTHER: Weight = { likely: 1, most: 3 }
/** Half of a surrogate pair: emoji and rare scripts. */
const SURROGATE: Weight = { likely: 0.9, most: 2 }

const ASCII: readonly Weight[] = Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (/[A-Za-z]/.test(character)) return LETTER
  if (/\d/.test(character)) return DIGIT
  if (character === ' ') return SPACE
  return character === '\n' || character === '\r' || character === '\t' ? NEW_LINE : SYMBOL
})

/** Fractions, so that small texts add up. */
export function countText(text: string): TokenCount {
  let likely = 0
  let most = 0
  for (let at = 0; at < text.length; at++) {
    const weight = weightOf(text.charCodeAt(at))
    likely += weight.likely
    most += weight.most
  }
  return { likely, most }
}

function weightOf(code: number): Weight {
  if (code < 0x80) return ASCII[code] ?? OTHER
  if (code < 0x2_50) return LATIN
  if (code < 0x9_00) return ALPHABET
  if (code < 0x1e_00) return SYLLABLES
  if (code < 0x20_00) return LATIN
  if (code < 0x2e_80) return OTHER
  if (code < 0xd8_00) return IDEOGRAPH
  if (code < 0xe0_00) return SURROGATE
  if (code >= 0xf9_00 && code < 0xfb_00) return IDEOGRAPH
  return code >= 0xff_00 ? IDEOGRAPH : OTHER
}
