/** What the bench's upstream says, and thereby what every target must answer. Shared, so that the load can check it. */

const MODEL = 'gpt-4o-2024-08-06'
const USAGE = { prompt_tokens: 24, completion_tokens: 12, total_tokens: 36 }

export const JSON_TEXT = 'A proxy stands between two programs and passes on what each of them says.'

export const deltaText = (index: number): string => ` word${index}`

export const streamText = (deltas: number): string =>
  Array.from({ length: deltas }, (_, index) => deltaText(index)).join('')

export interface StreamOrder {
  readonly deltas: number
  /** Milliseconds between deltas; with 0 all are sent at once. */
  readonly everyMs: number
  /** All events in one HTTP chunk, where hosts have one for each. */
  readonly joined: boolean
}

/** How a request asks the upstream for a stream. It stands in a message, the one thing no proxy leaves out. */
export const writeStreamOrder = ({ deltas, everyMs, joined }: StreamOrder): string =>
  `[stream ${deltas} every ${everyMs} ms${joined ? ', joined' : ''}]`

/** Reads the order out of a request's bytes without parsing them: the upstream must stay cheaper than what is measured. */
export function readStreamOrder(body: Buffer): StreamOrder | undefined {
  const at = body.indexOf('[stream ')
  if (at === -1) return undefined
  const [, deltas, everyMs, joined] =
    /\[stream (\d+) every (\d+) ms(, joined)?\]/.exec(body.toString('latin1', at, at + 64)) ?? []
  return { deltas: Number(deltas), everyMs: Number(everyMs), joined: joined !== undefined }
}

export const jsonAnswer: Buffer = Buffer.from(
  JSON.stringify({
    ...envelope('chat.completion'),
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: JSON_TEXT, refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: USAGE,
  }),
)

/** The events of a stream: role, deltas, then finish, usage and `[DONE]` as one piece. */
export function streamEvents(deltas: number): { role: string; deltas: string[]; tail: string } {
  const event = (choices: object[], usage: object | null = null): string =>
    `data: ${JSON.stringify({ ...envelope('chat.completion.chunk'), choices, usage })}\n\n`
  const choice = (delta: object, finish_reason: string | null = null): string =>
    event([{ index: 0, delta, logprobs: null, finish_reason }])
  return {
    role: choice({ role: 'assistant', content: '', refusal: null }),
    deltas: Array.from({ length: deltas }, (_, index) => choice({ content: deltaText(index) })),
    tail: `${choice({}, 'stop')}${event([], USAGE)}data: [DONE]\n\n`,
  }
}

function envelope(object: string): object {
  return {
    id: 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT',
    object,
    created: 1_741_569_952,
    model: MODEL,
    service_tier: 'default',
    system_fingerprint: 'fp_06737a9306',
  }
}
