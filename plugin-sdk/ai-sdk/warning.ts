import type { Warning } from '../messages.ts'
import { isObject, type Json } from './part.ts'

/** A warning of any version in our words. */
export function warningOf({ type, feature, setting, tool, details, message }: Json): Warning {
  const what = [feature, setting, isObject(tool) ? tool['name'] : undefined].find((name) => typeof name === 'string')
  const text = [message, details].find((each) => typeof each === 'string') ?? `"${String(what)}" is not supported.`
  return {
    type: type === 'compatibility' || type === 'other' ? type : type === 'deprecated' ? 'other' : 'unsupported',
    ...(what === undefined ? {} : { feature: what as string }),
    message: text as string,
  }
}
