import type { FastifyInstance } from 'fastify'
import { PlugboardError } from '@plugboard/sdk'

/** Room for a long conversation with several images. */
export const BODY_LIMIT = 32 * 1024 * 1024

/** Reads JSON bodies, and says in our own words what is wrong with others. */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    if (text === '')
      return done(new PlugboardError('JSON_INVALID', 'The body is empty.', { hint: 'Send a JSON object.' }))
    try {
      done(null, JSON.parse(text as string))
    } catch (error) {
      done(jsonInvalid(error as Error), undefined)
    }
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

const jsonInvalid = (cause: Error): PlugboardError =>
  new PlugboardError('JSON_INVALID', `The body is not valid JSON: ${cause.message}.`, {
    hint: 'Correct the JSON at the place named.',
    cause,
  })
