import type { Protocol } from '../protocol.ts'
import { OPENAI_CHAT } from './name.ts'
import { parseRequest } from './parse-request.ts'
import { createProvider } from './provider.ts'
import { openStream } from './stream-writer.ts'
import { errorBody, writeAnswer } from './write-answer.ts'

export type { OpenAIChatCompat } from './compat.ts'

/** OpenAI Chat Completions, as OpenAI and the many hosts that are compatible with it speak it. */
export const openaiChat: Protocol = {
  name: OPENAI_CHAT,
  createProvider,
  door: {
    parseRequest,
    writeAnswer,
    openStream,
    writeError: (error) => JSON.stringify(errorBody(error)),
  },
}
