import type { Protocol } from '../protocol.ts'
import { errorBody } from './error-body.ts'
import { ANTHROPIC } from './name.ts'
import { parseRequest } from './parse-request.ts'
import { createProvider } from './provider.ts'
import { MessageStream } from './stream-writer.ts'
import { writeAnswer } from './write-answer.ts'

/** The Anthropic Messages API, towards providers and towards clients. */
export const anthropicMessages: Protocol = {
  name: ANTHROPIC,
  createProvider,
  door: {
    parseRequest,
    writeAnswer,
    openStream: (head) => new MessageStream(head),
    writeError: errorBody,
  },
}
