import { ProviderError, type Batch, type FinishEvent, type ProviderEvent } from '@plugboard/sdk'

type Kind = 'text' | 'thinking' | 'toolcall' | 'opaque'

/** What a plugin without types may yield in the place of an event. */
type Loose = Readonly<Record<string, unknown>>

const FINISHED: readonly unknown[] = ['stop', 'length', 'toolUse', 'contentFilter'] satisfies FinishEvent['reason'][]

/**
 * Checks what one provider's stream yields, so that nobody behind it meets an event that the contract does not know: text
 * would be lost in silence, or an answer look complete that is not. What follows the finish event is dropped.
 */
export class WellFormed {
  readonly #blocks: Kind[] = []
  #begun = false

  /** Throws a ProviderError of class `plugin`. */
  batch(yielded: unknown): Batch {
    const events = (Array.isArray(yielded) ? yielded : [yielded]) as readonly unknown[]
    if (events.length === 0 && (events as Batch).wire?.unread === undefined) throw malformed('an empty batch')
    for (let index = 0; index < events.length; index++) {
      const event = events[index]
      const wrong = isObject(event) ? this.#wrong(event) : `${String(event).slice(0, 40)} in the place of an event`
      if (wrong !== undefined) throw malformed(wrong)
      this.#begun = true
      if ((event as Loose)['type'] === 'finish' && index < events.length - 1)
        return events.slice(0, index + 1) as readonly ProviderEvent[]
    }
    return events as Batch
  }

  #wrong(event: Loose): string | undefined {
    const type = event['type']
    switch (type) {
      case 'text_delta':
        return this.#outside('text', event) ?? notText(event, 'delta')
      case 'thinking_delta':
        return this.#outside('thinking', event) ?? notText(event, 'delta')
      case 'toolcall_delta':
        return this.#outside('toolcall', event) ?? notText(event, 'delta')
      case 'start':
        return this.#begun ? 'a start that is not the first event' : undefined
      case 'text_start':
        return this.#begin('text', event)
      case 'thinking_start':
        return this.#begin('thinking', event)
      case 'toolcall_start':
        return notText(event, 'id') ?? notText(event, 'name') ?? this.#begin('toolcall', event)
      case 'text_end':
        return this.#outside('text', event) ?? notText(event, 'content')
      case 'thinking_end':
        return this.#outside('thinking', event) ?? notText(event, 'content')
      case 'toolcall_end':
        return this.#outside('toolcall', event) ?? notToolCall(event['toolCall'])
      case 'opaque':
        return notOpaque(event['content']) ?? this.#begin('opaque', event)
      case 'finish':
        return FINISHED.includes(event['reason'])
          ? undefined
          : `a finish with the reason ${JSON.stringify(event['reason'])}`
      default:
        return `an event of the unknown type ${JSON.stringify(type)}`
    }
  }

  #begin(kind: Kind, { type, contentIndex }: Loose): string | undefined {
    if (contentIndex !== this.#blocks.length)
      return `a ${String(type)} with contentIndex ${String(contentIndex)} where ${this.#blocks.length} is next`
    this.#blocks.push(kind)
    return undefined
  }

  #outside(kind: Kind, { type, contentIndex }: Loose): string | undefined {
    return this.#blocks[contentIndex as number] === kind
      ? undefined
      : `a ${String(type)} for a block that was not started`
  }
}

const isObject = (value: unknown): value is Loose => typeof value === 'object' && value !== null

const notText = (event: Loose, field: string): string | undefined =>
  typeof event[field] === 'string' ? undefined : `a ${String(event['type'])} whose ${field} is not text`

const notToolCall = (call: unknown): string | undefined =>
  isObject(call) && typeof call['id'] === 'string' && typeof call['name'] === 'string' && isObject(call['arguments'])
    ? undefined
    : 'a toolcall_end without id, name and arguments of the call'

const notOpaque = (content: unknown): string | undefined =>
  isObject(content) &&
  content['type'] === 'opaque' &&
  typeof content['protocol'] === 'string' &&
  isObject(content['value'])
    ? undefined
    : 'an opaque block without the protocol that knows it and its value'

const malformed = (what: string): ProviderError =>
  new ProviderError('plugin', `The provider yielded ${what}.`, {
    providerCode: 'malformed',
    hint: 'This is a fault of its plugin; tell whoever wrote it.',
  })
