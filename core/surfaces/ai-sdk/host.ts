import type { AssistantMessage, Context, GenerationOptions, Model, StreamEvent } from '@plugboard/sdk'

/** What this surface needs of a Plugboard. */
export interface AnsweringHost {
  stream(model: string, context: Context, options: GenerationOptions & { readonly signal?: AbortSignal }): HostAnswer
}

export interface HostAnswer extends AsyncIterable<StreamEvent> {
  /** The id under which the call stands in the ledger. */
  readonly id: string
  /** The model that answers; undefined until one was chosen. */
  readonly model: Model | undefined
  /** Never rejects: a failure stands on the message. */
  result(): Promise<AssistantMessage>
}
