import type { Told } from '../../../plugin-sdk/testing/host/told.ts'

/** Of the lengths that tokens have; some must be escaped in JSON, some take more than one byte. */
const WORDS = [
  ' the',
  ' proxy',
  ' stands',
  ' between',
  ' two',
  ' programs',
  ',',
  ' "so',
  ' called"',
  '.\n\n',
  ' für',
  ' 日本',
  '👋🏽',
]

const pieces = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => WORDS[index % WORDS.length] ?? '')

const call = (id: string, words: number): NonNullable<Told['calls']>[number] => ({
  id,
  name: 'write_file',
  arguments: { path: 'docs/proxies.md', line: 12, text: pieces(words).join('') },
  told: 'pieces',
})

/** What every answer of the decoding bench says: thoughts, text, two calls of tools, and what it cost. */
export const TOLD: Told = {
  thinking: pieces(120),
  text: pieces(300),
  calls: [call('call_1', 80), call('call_2', 40)],
  usage: { input: 1_200, output: 640, cacheRead: 800, cacheWrite: 0, reasoning: 120 },
  reason: 'toolUse',
}
