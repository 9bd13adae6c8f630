import type { Protocol } from '../protocol.ts'
import { errorBody } from './error-body.ts'
import { isObject } from './json.ts'
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
    tokenCount: {
      // The limit of an answer that nobody asks for yet.
      parseRequest: (body) => parseRequest(isObject(body) ? { max_tokens: 1, ...body } : body),
      write: (tokens) => JSON.stringify({ input_tokens: tokens, estimated: true }),
    },
  },
}
