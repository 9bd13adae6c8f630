import type { Protocol } from '../protocol.ts'
import { errorBody } from './door-error.ts'
import { GOOGLE } from './name.ts'
import { parseCountRequest, parseRequest } from './parse-request.ts'
import { createProvider } from './provider.ts'
import { openStream } from './stream-writer.ts'
import { writeAnswer } from './write-answer.ts'

export type { GoogleCompat } from './compat.ts'

/** Google's generateContent and streamGenerateContent, as the Gemini API and Vertex AI speak them. */
export const googleGenerativeAi: Protocol = {
  name: GOOGLE,
  createProvider,
  door: {
    parseRequest,
    writeAnswer,
    openStream,
    writeError: (error) => JSON.stringify(errorBody(error)),
    tokenCount: {
      parseRequest: parseCountRequest,
      write: (totalTokens) => JSON.stringify({ totalTokens, estimated: true }),
    },
  },
}
