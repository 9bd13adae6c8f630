import type { AssistantContent, Context, GenerationOptions, Message, UserContent } from '@plugboard/sdk'
import { countText } from './count-text.ts'
import type { TokenCount } from './tokens.ts'

/** What a host's template says before the first message, for example the date. */
const REQUEST: TokenCount = { likely: 8, most: 100 }
const MESSAGE: TokenCount = { likely: 4, most: 10 }
/** What a provider tells a model about tools before it lists them. */
const TOOLS: TokenCount = { likely: 200, most: 900 }
const TOOL: TokenCount = { likely: 10, most: 60 }
const FORMAT: TokenCount = { likely: 60, most: 300 }
/** Hosts resize an image to some 1,500 tokens; the newest take three times as much. */
const IMAGE: TokenCount = { likely: 1_000, most: 5_000 }
const CHARS_OF_MEDIA_PER_TOKEN: TokenCount = { likely: 1 / 500, most: 1 / 50 }
const LONGEST_TEXT_OF_OPAQUE = 2_000

/**
 * Tokens of everything a request sends to a model. What a provider adds while it works (search results, cached
 * documents, results of its own tools) cannot be known before.
 */
export function countInput(
  { systemPrompt, messages, tools = [] }: Context,
  { responseFormat }: Pick<GenerationOptions, 'responseFormat'> = {},
): TokenCount {
  const sum = new Sum()
  sum.add(REQUEST)
  if (systemPrompt !== undefined) sum.text(systemPrompt).add(MESSAGE)
  for (const message of messages) addMessage(sum, message)
  if (tools.length > 0) sum.add(TOOLS)
  for (const { name, description = '', parameters } of tools)
    sum.text(name).text(description).text(JSON.stringify(parameters)).add(TOOL)
  if (responseFormat?.type === 'json') sum.add(FORMAT).text(JSON.stringify(responseFormat.schema ?? {}))
  return { likely: Math.ceil(sum.likely), most: Math.ceil(sum.most) }
}

class Sum {
  likely = 0
  most = 0

  add({ likely, most }: TokenCount, times = 1): this {
    this.likely += likely * times
    this.most += most * times
    return this
  }

  text(text: string): this {
    return this.add(countText(text))
  }
}

function addMessage(sum: Sum, message: Message): void {
  sum.add(MESSAGE)
  if (typeof message.content === 'string') sum.text(message.content)
  else for (const part of message.content) addPart(sum, part)
}

function addPart(sum: Sum, part: UserContent | AssistantContent): void {
  switch (part.type) {
    case 'text':
      return void sum.text(part.text)
    case 'thinking':
      return void sum.text(part.thinking)
    case 'image':
      return void sum.add(IMAGE)
    case 'toolCall':
      return void sum.text(part.name).text(JSON.stringify(part.arguments)).add(TOOL)
    case 'opaque':
      addOpaque(sum, part.value)
  }
}

/** Nobody but the provider knows what is inside: long strings are taken for media, everything else for text. */
function addOpaque(sum: Sum, value: unknown): void {
  if (typeof value === 'string') {
    if (value.length <= LONGEST_TEXT_OF_OPAQUE) sum.text(value)
    else sum.add(CHARS_OF_MEDIA_PER_TOKEN, value.length)
  } else if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) addOpaque(sum, inner)
}
