import type { Ask } from './exam.ts'
import type { Expected } from './expected.ts'
import type { Reply } from './host/reply.ts'
import type { Exchange, Script } from './host/upstream.ts'
import type { RuleId } from './rules.ts'

/** One thing a provider is asked for, how the host answers, and what must come of it. */
export interface Fixture {
  /** Named after the feature; a cassette's file name. */
  readonly name: string
  readonly ask: Ask
  readonly script: Script
  readonly expect: Expected
  /** For failures: the rule that the expected class stands for. */
  readonly rule?: RuleId
  /** Words the request must hold. */
  readonly sends?: readonly string[]
}

/** A conversation that every answer-independent check can use: who asks with a label is answered with it. */
export interface Talk {
  ask(label: string): Ask
  /** Answers each request with the label it holds, or with `label`. `alter` may change the answer itself. */
  script(label: string, alter?: Alter): Script
  /** The texts it may then say. Undefined: that is not known. */
  texts(label: string): readonly string[] | undefined
  /** False: the provider answers by itself. */
  readonly usesHost: boolean
}

export type Alter = (reply: Reply, exchange: Exchange) => Reply

/** The same in length, because some formats count bytes, and never one within the other. */
export const labelOf = (index: number, length = 6): string => `q${String(index).padStart(2, '0')}`.padEnd(length, 'xz')
