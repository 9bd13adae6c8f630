import { hasProtos, violations } from '../../plugin-sdk/google-generative-ai/protos.ts'
import {
  isObject,
  objectsOf,
  startStrictHost,
  unknownFields,
  wordOf,
  type Json,
  type StrictHost,
} from './strict-host.ts'

/** What Google documents for calls that another model made. */
const FOREIGN_CALL = 'skip_thought_signature_validator'

/** `generateContent` of a Gemini 3 model, which refuses calls without a signature. */
export const startGoogleHost = (): Promise<StrictHost> =>
  startStrictHost(check, (answer) =>
    objectsOf(answer['candidates']).flatMap(({ content }) =>
      isObject(content) ? objectsOf(content['parts']).map((part) => part['thoughtSignature']) : [],
    ),
  )

function check(body: Json, issued: ReadonlySet<string>): string[] {
  const contents = objectsOf(body['contents'])
  const turns = contents.map((turn) => objectsOf(turn['parts']))
  return [
    ...unknownFields('body', body, 'systemInstruction contents tools toolConfig generationConfig'),
    ...(hasProtos ? violations('GenerateContentRequest', { ...body, model: 'models/x' }) : []).filter(isKnown),
    ...(contents[0]?.['role'] === 'user' ? [] : ['contents: the first turn must be the user’s']),
    ...contents.flatMap((turn, index) => checkTurn(turn, turns[index - 1] ?? [], `contents[${index}]`, issued)),
    ...turns.flatMap((parts, index) => checkAnswered(parts, turns[index + 1] ?? [], `contents[${index}]`)),
  ]
}

/** The published description is older than this field. */
const isKnown = (problem: string): boolean => !problem.endsWith('.thinkingLevel: unknown field')

const PART_FIELDS = 'text thought thoughtSignature functionCall functionResponse inlineData fileData'

const callsIn = (parts: readonly Json[], field: 'functionCall' | 'functionResponse'): readonly Json[] =>
  parts.flatMap((part) => (isObject(part[field]) ? [part[field]] : []))

function checkTurn({ role, parts }: Json, before: readonly Json[], at: string, issued: ReadonlySet<string>): string[] {
  const list = objectsOf(parts)
  const problems = role === 'user' || role === 'model' ? [] : [`${at}.role: Please use a valid role: user, model.`]
  if (list.length === 0) problems.push(`${at}.parts: must not be empty`)
  list.forEach((part, index) => {
    const { text, thought, thoughtSignature: signature } = part
    problems.push(...unknownFields(`${at}.parts[${index}]`, part, PART_FIELDS))
    if (text === '' && signature === undefined) problems.push(`${at}.parts[${index}]: empty`)
    if (thought === true && role !== 'model') problems.push(`${at}.parts[${index}]: a thought of nobody`)
    if (signature !== undefined && signature !== FOREIGN_CALL && !issued.has(wordOf(signature)))
      problems.push(`${at}.parts[${index}]: Thought signature is not valid`)
  })
  const first = list.find((part) => 'functionCall' in part)
  if (first !== undefined && first['thoughtSignature'] === undefined)
    problems.push(`${at}: Function call is missing a thought_signature in functionCall parts`)
  const responses = callsIn(list, 'functionResponse')
  const calls = callsIn(before, 'functionCall')
  for (const { id } of responses)
    if (!calls.some((call) => call['id'] === id))
      problems.push(`${at}: a function response without its call: ${wordOf(id)}`)
  return problems
}

const checkAnswered = (parts: readonly Json[], next: readonly Json[], at: string): string[] =>
  callsIn(parts, 'functionCall').length === callsIn(next, 'functionResponse').length
    ? []
    : [`${at}: the number of function response parts must equal the number of function call parts`]
