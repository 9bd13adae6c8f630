import type { Exchange } from './exchange.ts'
import type { Expected } from './job.ts'

interface ChatJson {
  readonly choices: readonly {
    readonly message?: { readonly content: string }
    readonly delta?: { readonly content?: string | null }
  }[]
  readonly usage?: unknown
}

/** Why the answer is wrong, or undefined when it is right. */
export function flawOf({ status, chunks }: Exchange, expected: Expected): string | undefined {
  const body = Buffer.concat(chunks).toString('utf8')
  if (status !== 200) return `status ${status}: ${body.slice(0, 300)}`
  try {
    return expected.deltas === undefined
      ? jsonFlaw(body, expected.text)
      : streamFlaw(body, expected.text, expected.deltas)
  } catch (error) {
    return `unreadable (${String(error)}): ${body.slice(0, 300)}`
  }
}

function jsonFlaw(body: string, text: string): string | undefined {
  const content = (JSON.parse(body) as ChatJson).choices[0]?.message?.content
  return content === text ? undefined : `wrong content: ${content}`
}

function streamFlaw(body: string, text: string, deltas: number): string | undefined {
  const payloads = body
    .split('\n\n')
    .filter((event) => event.startsWith('data: '))
    .map((event) => event.slice(6))
  if (payloads.pop() !== '[DONE]') return 'the stream does not end with [DONE]'
  const events = payloads.map((payload) => JSON.parse(payload) as ChatJson)
  const pieces = events.map(({ choices }) => choices[0]?.delta?.content ?? '').filter((piece) => piece !== '')
  if (pieces.length !== deltas) return `${pieces.length} deltas instead of ${deltas}`
  if (pieces.join('') !== text) return `wrong content: ${pieces.join('').slice(0, 300)}`
  return events.some(({ usage }) => usage !== undefined && usage !== null) ? undefined : 'the stream tells no usage'
}
