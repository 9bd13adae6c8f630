import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { conversationRules } from '../../../plugin-sdk/hand-off/hand-off.ts'
import type { Rule } from '../../../plugin-sdk/hand-off/rule.ts'
import { MESSAGES } from '../../../plugin-sdk/protocols/anthropic-messages/hand-off.ts'
import { GEMINI } from '../../../plugin-sdk/protocols/google-generative-ai/hand-off.ts'
import { CHAT } from '../../../plugin-sdk/protocols/openai-chat/hand-off.ts'
import { RESPONSES } from '../../../plugin-sdk/protocols/openai-responses/hand-off.ts'

const byNumber = ({ id: a }: Rule, { id: b }: Rule): number => Number(a.slice(1)) - Number(b.slice(1))

const tables: readonly (readonly [letter: string, rules: readonly Rule[]])[] = [
  ['G', conversationRules.toSorted(byNumber)],
  ['C', Object.values(CHAT)],
  ['A', Object.values(MESSAGES)],
  ['O', Object.values(GEMINI)],
  ['R', Object.values(RESPONSES)],
]
const rules = tables.flatMap(([, table]) => table)

test('each rule has an id of its own, with the letter of its table', () => {
  for (const [letter, table] of tables)
    for (const { id } of table) expect(id).toMatch(new RegExp(`^${letter}[1-9][0-9]*$`))
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length)
})

test('the README lists every rule in its words, and says which are told to the caller', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../../plugin-sdk/hand-off/README.md'), 'utf8')
  const rows = [...readme.matchAll(/^\| ([A-Z]\d+) +\| (.*?) +\| (.*?) +\|$/gm)].map(([, ...cells]) => cells)
  expect(rows).toEqual(rules.map(({ id, about, warning }) => [id, about, warning === undefined ? '-' : warning.type]))
})

test('each rule has a test of its name', () => {
  const sources = globSync('*rules.test.ts', { cwd: import.meta.dirname }).map((file) =>
    readFileSync(join(import.meta.dirname, file), 'utf8'),
  )
  const tested = new Set(
    [...sources.join('\n').matchAll(/^\s*(?:test\(|\S+, )?["']([A-Z]\d+): /gm)].map(([, id]) => id),
  )
  const each = new Set([...sources.join('\n').matchAll(/\]\)\(["']([A-Z]\d+): /gm)].map(([, id]) => id))
  expect(new Set([...tested, ...each])).toEqual(new Set(rules.map(({ id }) => id)))
})
