import type { FinishEvent } from '../../events.ts'

/** The provider's own filters, wherever they stand: prompt, answer or picture. */
const FILTERED = new Set(
  `SAFETY RECITATION LANGUAGE BLOCKLIST PROHIBITED_CONTENT SPII MODEL_ARMOR
   IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION`.split(/\s+/),
)

/**
 * Undefined for every reason that means the model broke off: MALFORMED_FUNCTION_CALL, UNEXPECTED_TOOL_CALL, OTHER and
 * those not known yet. Such an answer is a failure of the server, never a stop, because half a thought must not look
 * whole; asking again usually works.
 */
export function readFinishReason(raw: string, calledTool: boolean): FinishEvent['reason'] | undefined {
  if (raw === 'STOP') return calledTool ? 'toolUse' : 'stop'
  if (raw === 'MAX_TOKENS') return 'length'
  return FILTERED.has(raw) ? 'contentFilter' : undefined
}

export function writeFinishReason(reason: FinishEvent['reason'], raw: string | undefined): string {
  if (reason === 'length') return 'MAX_TOKENS'
  if (reason === 'contentFilter') return raw !== undefined && FILTERED.has(raw) ? raw : 'SAFETY'
  return 'STOP'
}
