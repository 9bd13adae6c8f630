import type { ErrorClass } from '@plugboard/sdk'

/** What the last user message tells the sandbox to do, one line each; the other lines are what to talk about. */
export interface Directives {
  /** `/think TEXT`: thinks this first. */
  readonly think?: string
  /** `/tool NAME {"json": "arguments"}`: calls this tool; may stand several times. */
  readonly tools: readonly { readonly name: string; readonly args: string | undefined }[]
  /** `/error CLASS`: fails with this class before the first word; `/error CLASS 3` after three words. */
  readonly error?: { readonly errorClass: ErrorClass; readonly afterWords: number }
  /** `/cut 3`: breaks off after three words, as a lost connection would. */
  readonly cutAfter?: number
  /** `/delay 50`: milliseconds between words. */
  readonly delayMs?: number
  /** `/wait 500`: milliseconds before the first word. */
  readonly waitMs?: number
  /** `/words 200`: answers with so many words. */
  readonly words?: number
  /** `/say TEXT`: answers with exactly this. */
  readonly say?: string
  /** `/usage none`: does not tell how many tokens were used. */
  readonly hideUsage: boolean
  /** What is left of the message. */
  readonly text: string
}

type Draft = { -readonly [K in keyof Directives]: Directives[K] }

const number = (text: string): number => Math.max(0, Math.floor(Number(text) || 0))

export function readDirectives(message: string): Directives {
  const tools: Directives['tools'][number][] = []
  const rest: string[] = []
  const draft: Draft = { tools, hideUsage: false, text: '' }
  for (const line of message.split('\n')) {
    const [, name, value = ''] = /^\/([a-z]+)\s*(.*)$/.exec(line.trim()) ?? []
    if (name === undefined || !take(draft, tools, name, value)) rest.push(line)
  }
  draft.text = rest.join('\n').trim()
  return draft
}

function take(draft: Draft, tools: Directives['tools'][number][], name: string, value: string): boolean {
  switch (name) {
    case 'think':
      draft.think = value
      return true
    case 'tool': {
      const [, tool = value, args] = /^(\S+)\s+(.*)$/.exec(value) ?? []
      tools.push({ name: tool, args })
      return true
    }
    case 'error': {
      const [errorClass = 'server', after = '0'] = value.split(/\s+/)
      draft.error = { errorClass: errorClass as ErrorClass, afterWords: number(after) }
      return true
    }
    case 'cut':
      draft.cutAfter = number(value)
      return true
    case 'delay':
      draft.delayMs = number(value)
      return true
    case 'wait':
      draft.waitMs = number(value)
      return true
    case 'words':
      draft.words = number(value)
      return true
    case 'say':
      draft.say = value
      return true
    case 'usage':
      draft.hideUsage = value === 'none'
      return true
    default:
      return false
  }
}
