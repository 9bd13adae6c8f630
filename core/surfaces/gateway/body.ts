import type { FastifyInstance } from 'fastify'
import { PlugboardError } from '@plugboard/sdk'

/** Room for a long conversation with several images. */
export const BODY_LIMIT = 32 * 1024 * 1024

/** Reads JSON bodies, and says in our own words what is wrong with others. */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    let body: unknown
    try {
      body = parseJsonBody(text as string)
    } catch (error) {
      return done(error as Error, undefined)
    }
    done(null, body)
  })
  app.addContentTypeParser('*', (request, _payload, done) => {
    done(
      new PlugboardError(
        'CONTENT_TYPE_UNSUPPORTED',
        `The body has the content type "${request.headers['content-type'] ?? ''}".`,
        {
          hint: 'Send JSON with the header "content-type: application/json".',
        },
      ),
    )
  })
}

/** Throws PlugboardError `JSON_INVALID`. */
export function parseJsonBody(text: string): unknown {
  if (text === '') throw new PlugboardError('JSON_INVALID', 'The body is empty.', { hint: 'Send a JSON object.' })
  try {
    return JSON.parse(text)
  } catch (error) {
    throw jsonInvalid(error as Error)
  }
}

const jsonInvalid = (cause: Error): PlugboardError =>
  new PlugboardError('JSON_INVALID', `The body is not valid JSON: ${cause.message}.`, {
    hint: 'Correct the JSON at the place named.',
    cause,
  })
