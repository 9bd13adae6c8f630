import type { Plan, PlannedToolCall } from './plan.ts'

const DEFAULT_TEXT = 'Hello from the upstream.'

/** One `delta` object of a stream. */
export type Delta = Readonly<Record<string, unknown>>

export interface WireToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

/** What the model says, in the pieces in which a stream says it. */
export function textPieces({ text, deltas, toolCalls = [] }: Plan): readonly string[] {
  if (typeof deltas === 'object') return deltas
  if (deltas === undefined) return words(text ?? (toolCalls.length > 0 ? '' : DEFAULT_TEXT))
  return text === undefined ? Array.from({ length: deltas }, (_, index) => `d${index} `) : slices(text, deltas)
}

export function wireToolCalls({ toolCalls = [] }: Plan): readonly WireToolCall[] {
  return toolCalls.map((call, index) => ({
    id: call.id ?? `call_${index}`,
    type: 'function',
    function: { name: call.name, arguments: argumentText(call) },
  }))
}

/** The deltas between the role chunk and the finish chunk. */
export function contentDeltas(plan: Plan): readonly Delta[] {
  const calls = wireToolCalls(plan)
  return [
    ...textPieces(plan).map((content) => ({ content })),
    ...calls.flatMap((call, index) => toolCallDeltas(call, index, plan.toolCalls?.[index]?.pieces)),
  ]
}

/** As OpenAI does it: a first delta with the name and no arguments, then the arguments piece by piece. */
function toolCallDeltas(call: WireToolCall, index: number, pieces?: number): readonly Delta[] {
  const text = call.function.arguments
  const parts = text === '' ? [] : slices(text, pieces ?? Math.min(3, text.length))
  return [
    { tool_calls: [{ index, ...call, function: { name: call.function.name, arguments: '' } }] },
    ...parts.map((part) => ({ tool_calls: [{ index, function: { arguments: part } }] })),
  ]
}

const argumentText = ({ arguments: args }: PlannedToolCall): string =>
  typeof args === 'string' ? args : JSON.stringify(args)

/** Words with the blank before them, as tokenizers cut. */
const words = (text: string): readonly string[] => text.match(/\s*\S+|\s+$/g) ?? []

function slices(text: string, count: number): readonly string[] {
  if (count < 1 || count > text.length)
    throw new RangeError(`${text.length} characters cannot be cut into ${count} deltas`)
  const cuts = Array.from({ length: count + 1 }, (_, index) =>
    wholeCharacter(text, Math.round((index * text.length) / count)),
  )
  return cuts.slice(1).map((end, index) => text.slice(cuts[index], end))
}

/** Moves a cut out of the middle of a surrogate pair. */
function wholeCharacter(text: string, cut: number): number {
  const code = text.charCodeAt(cut)
  return code >= 0xdc00 && code <= 0xdfff ? cut + 1 : cut
}
