/**
 * What a recorded answer says, read in the plainest way: everything gathered first, nothing streamed. It shares no code with
 * the decoder that it judges.
 */
export interface Naive {
  readonly text: string
  readonly thinking: string
  readonly calls: readonly { readonly name: string; readonly args: unknown }[]
  readonly reason: string | undefined
  readonly prompt: number
  readonly total: number | undefined
}

interface Part {
  readonly text?: string
  readonly thinking?: readonly { readonly text: string }[] | string
}

interface Message {
  readonly content?: string | readonly Part[] | null
  readonly refusal?: string | null
  readonly reasoning_content?: string | null
  readonly reasoning?: string | null
  readonly reasoning_details?: readonly { readonly text?: string; readonly summary?: string }[]
  readonly tool_calls?:
    | readonly {
        readonly index?: number
        readonly id?: string
        readonly function?: { readonly name?: string; readonly arguments?: string }
      }[]
    | null
}

interface Usage {
  readonly prompt_tokens: number
  readonly total_tokens: number
}

interface Answer {
  readonly choices?: readonly {
    readonly index?: number
    readonly message?: Message
    readonly delta?: Message
    readonly finish_reason?: string | null
  }[]
  readonly usage?: Usage | null
  readonly x_groq?: { readonly usage?: Usage }
}

export function readRecording(body: string, isStream: boolean): Naive {
  const answers = isStream
    ? body
        .split(/\r?\n/)
        .filter((line) => line.startsWith('data:') && !line.includes('[DONE]'))
        .map((line) => JSON.parse(line.slice('data:'.length)) as Answer)
    : [JSON.parse(body) as Answer]

  let text = ''
  let thinking = ''
  let reason: string | undefined
  let usage: Usage | undefined
  const calls: { name: string; args: string }[] = []
  // Cerebras numbers all parallel calls 0, and Mistral none: an id begins a call where it was not seen before.
  const byKey = new Map<unknown, { name: string; args: string }>()
  for (const answer of answers) {
    usage = answer.usage ?? answer.x_groq?.usage ?? usage
    const choice = answer.choices?.find(({ index }) => index === undefined || index === 0)
    const message = isStream ? choice?.delta : choice?.message
    reason = choice?.finish_reason || reason
    if (message === undefined) continue
    thinking += thoughtsOf(message)
    text += textOf(message) + (message.refusal ?? '')
    for (const { id, index, function: body } of message.tool_calls ?? []) {
      const known = id ? byKey.get(id) : byKey.get(index)
      const call = known ?? { name: '', args: '' }
      if (known === undefined) calls.push(call)
      if (id) byKey.set(id, call)
      if (index !== undefined) byKey.set(index, call)
      call.name += body?.name ?? ''
      call.args += body?.arguments ?? ''
    }
  }
  return {
    text,
    thinking,
    calls: calls.map(({ name, args }) => ({ name, args: args === '' ? {} : JSON.parse(args) })),
    reason,
    prompt: usage?.prompt_tokens ?? 0,
    total: usage?.total_tokens,
  }
}

const textOf = ({ content }: Message): string =>
  typeof content === 'string'
    ? content
    : (content ?? []).map(({ text = '', thinking }) => (thinking ? '' : text)).join('')

function thoughtsOf(message: Message): string {
  const field = message.reasoning_content || message.reasoning
  if (field) return field
  const { content, reasoning_details: details } = message
  if (details !== undefined && details !== null)
    return details.map(({ text, summary }) => text ?? summary ?? '').join('')
  if (typeof content === 'string' || content === null || content === undefined) return ''
  return content
    .flatMap(({ thinking = [] }) => (typeof thinking === 'string' ? [thinking] : thinking.map((part) => part.text)))
    .join('')
}
