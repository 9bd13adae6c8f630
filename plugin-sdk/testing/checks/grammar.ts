import type { ProviderEvent } from '../../events.ts'
import type { RuleId } from '../rules.ts'
import { misshapen } from './event-shape.ts'
import { shown, type Violation } from './verdict.ts'

export const GRAMMAR: readonly RuleId[] = [
  'stream.events',
  'stream.batches',
  'stream.start',
  'stream.blocks',
  'stream.index',
  'stream.join',
  'stream.finish',
  'stream.after-finish',
]

interface Block {
  readonly kind: string
  joined: string
  isOpen: boolean
}

/** The first place where what a provider yielded breaks the grammar of streams. */
export function ungrammatical(items: readonly unknown[], isComplete: boolean): Violation | undefined {
  const blocks: Block[] = []
  let position = 0
  let isFinished = false
  for (const item of items) {
    if (Array.isArray(item) && item.length === 0) return emptyBatch(position)
    for (const event of Array.isArray(item) ? (item as readonly unknown[]) : [item]) {
      const wrong = misshapen(event)
      const found =
        wrong === undefined
          ? (misplaced(event as ProviderEvent, position, isFinished) ?? ofBlock(event as ProviderEvent, blocks))
          : { rule: 'stream.events' as const, expected: 'an event of the contract', actual: wrong }
      if (found !== undefined) return { ...found, event: position }
      isFinished ||= (event as ProviderEvent).type === 'finish'
      position++
    }
  }
  if (!isComplete || isFinished) return undefined
  return {
    rule: 'stream.finish',
    expected: 'one finish event',
    actual: 'the stream ended without one',
    event: position,
  }
}

const emptyBatch = (event: number): Violation => ({
  rule: 'stream.batches',
  expected: 'batches that hold events',
  actual: 'an empty batch',
  event,
})

function misplaced(event: ProviderEvent, position: number, isFinished: boolean): Violation | undefined {
  if (event.type === 'start' && position > 0)
    return { rule: 'stream.start', expected: 'start as the first event and once', actual: `start as event ${position}` }
  if (!isFinished) return undefined
  return event.type === 'finish'
    ? { rule: 'stream.finish', expected: 'one finish event', actual: 'another one' }
    : { rule: 'stream.after-finish', expected: 'nothing after the finish event', actual: `${event.type} after it` }
}

function ofBlock(event: ProviderEvent, blocks: Block[]): Violation | undefined {
  if (event.type === 'start') return undefined
  if (event.type === 'finish') return openAtFinish(blocks)
  const { type, contentIndex } = event
  const [kind = '', part] = type.split('_')
  if (part === 'start' || type === 'opaque') {
    if (contentIndex !== blocks.length)
      return {
        rule: 'stream.index',
        expected: `contentIndex ${blocks.length} for the block that starts next`,
        actual: `${type} with contentIndex ${contentIndex}`,
      }
    blocks.push({ kind, joined: '', isOpen: type !== 'opaque' })
    return undefined
  }
  const block = blocks[contentIndex]
  const problem = block === undefined ? 'never started' : block.isOpen ? undefined : 'has ended'
  if (block === undefined || problem !== undefined)
    return {
      rule: 'stream.blocks',
      expected: 'the start of a block before all else of it, and its end after',
      actual: `${type} for block ${contentIndex}, which ${problem}`,
    }
  if (block.kind !== kind)
    return {
      rule: 'stream.index',
      expected: `block ${contentIndex} to stay a ${block.kind} block`,
      actual: `${type} with contentIndex ${contentIndex}`,
    }
  if ('delta' in event) block.joined += event.delta
  if (part === 'end') block.isOpen = false
  return 'content' in event && event.content !== block.joined ? unjoined(event.content, block) : undefined
}

const unjoined = (content: string, { joined }: Block): Violation => ({
  rule: 'stream.join',
  expected: `the content ${shown(joined)}, which the deltas say`,
  actual: shown(content),
})

function openAtFinish(blocks: readonly Block[]): Violation | undefined {
  const open = blocks.findIndex(({ isOpen }) => isOpen)
  if (open === -1) return undefined
  return {
    rule: 'stream.blocks',
    expected: 'every block to have ended before the finish',
    actual: `block ${open} is still open`,
  }
}
