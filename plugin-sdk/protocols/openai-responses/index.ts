import type { Protocol } from '../protocol.ts'
import { OPENAI_RESPONSES } from './name.ts'
import { parseRequest } from './parse-request.ts'
import { createProvider } from './provider.ts'
import { openStream } from './stream-writer.ts'
import { writeAnswer } from './write-answer.ts'
import { errorObject } from './write-error.ts'

export type { ResponsesCompat } from './compat.ts'

/** OpenAI's Responses API without its server's memory, as OpenAI, Azure, xAI and others speak it. */
export const openaiResponses: Protocol = {
  name: OPENAI_RESPONSES,
  createProvider,
  door: {
    parseRequest,
    writeAnswer,
    openStream,
    writeError: (error) => JSON.stringify({ error: errorObject(error) }),
  },
}
