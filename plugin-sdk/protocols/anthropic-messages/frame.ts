import { isObject, textOf } from './json.ts'

export interface FrameHead {
  /** The name of the event. */
  readonly type: string
  readonly index: number | undefined
  /** Type of the block that begins. */
  readonly block: string | undefined
}

const HEAD = /^\{"type": ?"(\w+)"(?:, ?"index": ?(\d+)(?:, ?"content_block": ?\{"type": ?"(\w+)")?)?/

/** What a raw payload is about, read from its first characters where the fields stand in the usual order. */
export function headOf(frame: string): FrameHead {
  const [, type, index, block] = HEAD.exec(frame) ?? []
  const enough =
    type === 'content_block_start'
      ? block !== undefined
      : type === 'content_block_stop'
        ? index !== undefined
        : type !== undefined
  if (enough && type !== undefined) return { type, index: index === undefined ? undefined : Number(index), block }

  const event: unknown = JSON.parse(frame)
  if (!isObject(event)) return { type: '', index: undefined, block: undefined }
  const start = event['content_block']
  return {
    type: textOf(event['type']) ?? '',
    index: typeof event['index'] === 'number' ? event['index'] : undefined,
    block: isObject(start) ? textOf(start['type']) : undefined,
  }
}

/** One server-sent event. A payload written over several lines needs a `data:` on each. */
export const sseEvent = (type: string, data: string): string =>
  `event: ${type}\ndata: ${data.includes('\n') ? data.replaceAll('\n', '\ndata: ') : data}\n\n`
