import { isObject, textOf } from './json.ts'

/** One event of a stream. The name stands in front too: some clients choose by it. */
export const sseEvent = (type: string, json: string): string => `event: ${type}\ndata: ${json}\n\n`

/** A payload as a provider sent it. Each of its lines needs the prefix again. */
export function passedEvent(type: string | undefined, frame: string): string {
  const data = `data: ${frame.includes('\n') ? frame.replaceAll('\n', '\ndata: ') : frame}\n\n`
  return type === undefined ? data : `event: ${type}\n${data}`
}

const TYPE_FIRST = '{"type":"'

/** The type of an event without reading all of it: text in a payload cannot hold this key unescaped. */
export function typeOfFrame(frame: string): string | undefined {
  if (frame.startsWith(TYPE_FIRST)) return frame.slice(TYPE_FIRST.length, frame.indexOf('"', TYPE_FIRST.length))
  const found = /"type"\s*:\s*"(response\.[a-z0-9_.]+)"/.exec(frame)?.[1]
  if (found !== undefined) return found
  try {
    const event: unknown = JSON.parse(frame)
    return isObject(event) ? textOf(event['type']) : undefined
  } catch {
    return undefined
  }
}
