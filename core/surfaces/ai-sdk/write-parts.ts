import type { StreamEvent } from '@plugboard/sdk'
import type { HostAnswer } from './host.ts'
import { partMetadata } from './metadata.ts'
import { callError } from './sdk-errors.ts'
import type { CallWarning, StreamPart } from './specification.ts'
import { responseOf, writeFinish, writeWarning } from './write-answer.ts'

interface OpenCall {
  readonly id: string
  text: string
}

/** Turns the events of one answer into stream parts. */
export function partWriter(answer: HostAnswer, modelId: string, own: readonly CallWarning[]) {
  const calls = new Map<number, OpenCall>()
  return (event: StreamEvent): StreamPart[] => {
    switch (event.type) {
      case 'start':
        return [
          { type: 'stream-start', warnings: [...own, ...(event.warnings ?? []).map(writeWarning)] },
          { type: 'response-metadata', ...responseOf(event, answer) },
        ]
      case 'text_start':
        return [{ type: 'text-start', id: String(event.contentIndex) }]
      case 'thinking_start':
        return [{ type: 'reasoning-start', id: String(event.contentIndex) }]
      case 'text_delta':
        return [{ type: 'text-delta', id: String(event.contentIndex), delta: event.delta }]
      case 'thinking_delta':
        return [{ type: 'reasoning-delta', id: String(event.contentIndex), delta: event.delta }]
      case 'text_end':
        return [
          { type: 'text-end', id: String(event.contentIndex), providerMetadata: partMetadata(event, answer.model) },
        ]
      case 'thinking_end':
        return [
          {
            type: 'reasoning-end',
            id: String(event.contentIndex),
            providerMetadata: partMetadata(event, answer.model),
          },
        ]
      case 'toolcall_start':
        calls.set(event.contentIndex, { id: event.id, text: '' })
        return [{ type: 'tool-input-start', id: event.id, toolName: event.name }]
      case 'toolcall_delta': {
        const call = calls.get(event.contentIndex)
        if (call === undefined) return []
        call.text += event.delta
        return [{ type: 'tool-input-delta', id: call.id, delta: event.delta }]
      }
      case 'toolcall_end': {
        const { toolCall } = event
        const { id = toolCall.id, text = '' } = calls.get(event.contentIndex) ?? {}
        // Arguments that are no JSON go on as they came: the AI SDK has its own way with them.
        const input = toolCall.argumentsError === undefined ? JSON.stringify(toolCall.arguments) : text
        const providerMetadata = partMetadata(toolCall, answer.model)
        return [
          { type: 'tool-input-end', id },
          { type: 'tool-call', toolCallId: id, toolName: toolCall.name, input, providerMetadata },
        ]
      }
      case 'opaque':
        // The AI SDK has no part for what only one protocol knows.
        return []
      case 'done':
        return [writeFinish(event.message, answer)]
      case 'error':
        return [{ type: 'error', error: callError(event.error, modelId) }, writeFinish(event.message, answer)]
    }
  }
}
