import { PlugboardError } from '@plugboard/sdk'

export const queryInvalid = (param: string, message: string, hint: string): PlugboardError =>
  new PlugboardError('USAGE_QUERY_INVALID', message, { hint, details: { param } })
