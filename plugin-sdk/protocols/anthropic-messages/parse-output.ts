import type { GenerationOptions } from '../../options.ts'
import { isEmpty, isObject, type JsonObject } from './json.ts'
import { objectAt, optional, required } from './read.ts'
import { readEffort, readThinking } from './thinking.ts'

/** What one field of a request says: in our words, and in its own. */
export interface Said {
  readonly options: GenerationOptions
  /** What our words leave out. */
  readonly fields: JsonObject
  /** What our words say less exactly. */
  readonly exact: JsonObject
}

export const NOTHING: Said = { options: {}, fields: {}, exact: {} }

export function parseThinking(value: unknown): Said {
  if (isMissing(value)) return NOTHING
  const thinking = objectAt(value, 'thinking')
  required(thinking['type'], 'string', 'thinking.type')
  const reasoning = readThinking(thinking)
  return reasoning === undefined
    ? { ...NOTHING, fields: { thinking } }
    : { ...NOTHING, options: { reasoning }, exact: { thinking } }
}

/** The effort says how much to think more exactly than `thinking` does, unless there is to be no thinking. */
export function parseOutputConfig(value: unknown, isOff: boolean): Said {
  if (isMissing(value)) return NOTHING
  const config = objectAt(value, 'output_config')
  const { effort, format, ...others } = config
  const reasoning = readEffort(optional(effort, 'string', 'output_config.effort'))
  const responseFormat = readFormat(format)
  const isKnown =
    isEmpty(others) &&
    (isMissing(effort) || reasoning !== undefined) &&
    (isMissing(format) || responseFormat !== undefined)
  return {
    options: {
      ...(reasoning === undefined || isOff ? {} : { reasoning }),
      ...(responseFormat === undefined ? {} : { responseFormat }),
    },
    fields: isKnown ? {} : { output_config: config },
    exact: isKnown ? { output_config: config } : {},
  }
}

/** `output_format`, where the schema of the answer stood before `output_config`. */
export function parseOutputFormat(value: unknown): Said {
  if (isMissing(value)) return NOTHING
  const responseFormat = readFormat(value)
  return responseFormat === undefined
    ? { ...NOTHING, fields: { output_format: value } }
    : { ...NOTHING, options: { responseFormat }, exact: { output_format: value } }
}

function readFormat(format: unknown): GenerationOptions['responseFormat'] {
  if (!isObject(format) || format['type'] !== 'json_schema') return undefined
  return { type: 'json', ...(isObject(format['schema']) ? { schema: format['schema'] } : {}) }
}

const isMissing = (value: unknown): boolean => value === undefined || value === null
