import type { Json } from './support.ts'

/** A request with all its short forms written out, so that two that mean the same are equal. */
export function normalForm({ stream, messages, system, ...rest }: Json): Json {
  const turns: { role: unknown; content: Json[] }[] = []
  for (const message of messages as Json[]) {
    const content = blocksOf(message['content']).filter((block) => block['type'] !== 'text' || block['text'] !== '')
    const last = turns.at(-1)
    if (last !== undefined && last.role === message['role']) last.content.push(...content)
    else turns.push({ role: message['role'], content })
  }
  return {
    ...rest,
    ...(system === undefined ? {} : { system: blocksOf(system) }),
    ...(stream === true ? { stream } : {}),
    messages: turns,
  }
}

const blocksOf = (content: unknown): Json[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : (content as Json[]).map(normalBlock)

function normalBlock(block: Json): Json {
  if (block['type'] !== 'tool_result') return block
  const { content, is_error: isError, ...rest } = block
  return {
    ...rest,
    ...(content === undefined ? {} : { content: blocksOf(content) }),
    ...(isError === true ? { is_error: true } : {}),
  }
}
