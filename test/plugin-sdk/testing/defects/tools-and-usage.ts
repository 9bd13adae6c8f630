import type { ProviderEvent, ToolCall, Usage } from '@plugboard/sdk'
import type { Defect } from './defect.ts'
import { asItIs, spoiled } from './subjects.ts'

const twin = spoiled(() => asItIs)

const withCall = (change: (call: Pick<ToolCall, 'id' | 'name' | 'arguments'>) => Partial<ToolCall>) =>
  spoiled(() => (event) => {
    if (event.type === 'toolcall_start') {
      const { id, name } = change({ ...event, arguments: {} })
      return [{ ...event, ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) }]
    }
    return event.type === 'toolcall_end'
      ? [{ ...event, toolCall: { ...event.toolCall, ...change(event.toolCall) } }]
      : [event]
  })

const withUsage = (change: (usage: Usage) => Usage | undefined) =>
  spoiled(
    () => (event: ProviderEvent) =>
      event.type === 'finish' && event.usage !== undefined ? [{ ...event, usage: change(event.usage) }] : [event],
  )

export const toolAndUsageDefects: readonly Defect[] = [
  { rule: 'tools.id', what: 'gives calls no id', bad: withCall(() => ({ id: '' })), good: twin },
  { rule: 'tools.id', what: 'gives every call the same id', bad: withCall(() => ({ id: 'call_0' })), good: twin },
  {
    rule: 'tools.id',
    what: 'ends a call under another id',
    bad: spoiled(
      () => (event) =>
        event.type === 'toolcall_end' ? [{ ...event, toolCall: { ...event.toolCall, id: 'other' } }] : [event],
    ),
    good: twin,
  },
  { rule: 'tools.name', what: 'gives calls no name', bad: withCall(() => ({ name: '' })), good: twin },
  {
    rule: 'tools.name',
    what: 'repeats the name, as one does who joins it from every piece',
    bad: withCall(({ name }) => ({ name: name + name })),
    good: withCall(({ name }) => ({ name })),
  },
  {
    rule: 'tools.arguments',
    what: 'ends a call without its arguments',
    bad: spoiled(
      () => (event) =>
        event.type === 'toolcall_end' ? [{ ...event, toolCall: { ...event.toolCall, arguments: {} } }] : [event],
    ),
    good: twin,
  },
  {
    rule: 'tools.arguments',
    what: 'loses pieces of the arguments',
    bad: spoiled(() => {
      let pieces = 0
      return (event) => (event.type === 'toolcall_delta' && ++pieces === 2 ? [] : [event])
    }),
    good: twin,
  },
  {
    rule: 'tools.arguments',
    what: 'takes no arguments for broken ones',
    where: 'tool-call-no-arguments',
    bad: spoiled(() => {
      let said = ''
      return (event) => {
        if (event.type === 'toolcall_start') said = ''
        if (event.type === 'toolcall_delta') said += event.delta
        if (event.type !== 'toolcall_end' || said !== '') return [event]
        return [{ ...event, toolCall: { ...event.toolCall, argumentsError: 'Unexpected end of JSON input' } }]
      }
    }),
    good: twin,
  },
  {
    rule: 'usage.reported',
    what: 'reads no usage of an answer in one piece',
    where: 'text-no-stream',
    bad: spoiled(
      (_setup, { stream }) =>
        (event) =>
          event.type === 'finish' && !stream ? [{ type: 'finish', reason: event.reason }] : [event],
    ),
    good: twin,
  },
  {
    rule: 'usage.numbers',
    what: 'counts half tokens',
    bad: withUsage((usage) => ({ ...usage, output: usage.output + 0.5, totalTokens: usage.totalTokens + 0.5 })),
    good: withUsage((usage) => usage),
  },
  {
    rule: 'usage.numbers',
    what: 'counts below zero',
    bad: withUsage((usage) => ({ ...usage, input: -1 })),
    good: withUsage((usage) => usage),
  },
  {
    rule: 'usage.cache',
    what: 'counts cached tokens twice',
    bad: withUsage((usage) => {
      const { cacheRead } = usage
      return { ...usage, input: usage.input + cacheRead, totalTokens: usage.totalTokens + cacheRead }
    }),
    good: twin,
  },
  {
    rule: 'usage.reasoning',
    what: 'counts thoughts beside the output',
    bad: withUsage((usage) => {
      const { reasoning = 0 } = usage
      return { ...usage, output: usage.output - reasoning, totalTokens: usage.totalTokens - reasoning }
    }),
    good: twin,
  },
  {
    rule: 'usage.total',
    what: 'leaves the cache out of the total',
    bad: withUsage((usage) => ({ ...usage, totalTokens: usage.input + usage.output })),
    good: twin,
  },
  { rule: 'usage.reported', what: 'loses the usage', bad: withUsage(() => undefined), good: twin },
  {
    rule: 'usage.reported',
    what: 'reports what it was asked instead of what it was told',
    bad: withUsage((usage) => ({ ...usage, output: usage.output + 1000, totalTokens: usage.totalTokens + 1000 })),
    good: twin,
  },
]
