import { createInterface } from 'node:readline/promises'
import { text as readAll } from 'node:stream/consumers'
import { styleText } from 'node:util'
import type { Command } from 'commander'
import { PlugboardError, type AssistantMessage, type Message } from '@plugboard/sdk'
import type { Plugboard } from '../../../plugboard.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { formatCost, printJson } from '../output.ts'
import { problemText } from '../problem.ts'

interface ChatOptions extends CommonOptions {
  readonly model?: string
  readonly system?: string
}

export function chat(program: Command): void {
  withCommonOptions(program.command('chat').description('Talk to a model; without a prompt, a conversation'))
    .argument('[prompt...]', 'what to say; read from standard input when that is not a terminal')
    .option('-m, --model <name>', 'for example openai:gpt-4o or agent:planner; default: what `models default` shows')
    .option('-s, --system <text>', 'instructions for the model')
    .action(async (words: readonly string[], options: ChatOptions) => {
      await using plugboard = await openPlugboard(options)
      const model = options.model ?? plugboard.defaultModel ?? 'default'
      const prompt =
        words.length > 0 ? words.join(' ') : process.stdin.isTTY ? undefined : (await readAll(process.stdin)).trim()
      if (prompt === '')
        throw new PlugboardError('PROMPT_MISSING', 'There is nothing to say.', {
          hint: 'Give a prompt: plugboard chat "Hello".',
        })
      if (prompt === undefined) return converse(plugboard, model, options)
      const answer = await say(plugboard, model, options, [{ role: 'user', content: prompt }])
      if (answer.error !== undefined) process.exitCode = 1
    })
}

async function converse(plugboard: Plugboard, model: string, options: ChatOptions): Promise<void> {
  console.error(styleText('dim', `${model}. An empty line ends the conversation.`))
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  const messages: Message[] = []
  try {
    for (;;) {
      const line = await lines.question('> ')
      if (line.trim() === '') return
      messages.push({ role: 'user', content: line })
      const answer = await say(plugboard, model, options, messages)
      // A failed turn is taken back, so that the next one does not build on half an answer.
      if (answer.error === undefined) messages.push(answer)
      else messages.pop()
    }
  } finally {
    lines.close()
  }
}

/** Streams one answer: its text to standard output, everything else to standard error. */
async function say(
  plugboard: Plugboard,
  model: string,
  { system, json }: ChatOptions,
  messages: readonly Message[],
): Promise<AssistantMessage> {
  const stop = new AbortController()
  const interrupt = (): void => stop.abort('interrupted')
  process.once('SIGINT', interrupt)
  const context = { messages, ...(system === undefined ? {} : { systemPrompt: system }) }
  const stream = plugboard.stream(model, context, { signal: stop.signal })
  if (!json) {
    for await (const event of stream) {
      if (event.type === 'text_delta') process.stdout.write(event.delta)
      else if (event.type === 'thinking_delta') process.stderr.write(styleText('dim', event.delta))
      else if (event.type === 'thinking_end') process.stderr.write('\n')
      else if (event.type === 'toolcall_end')
        process.stderr.write(styleText('dim', `[${event.toolCall.name} ${JSON.stringify(event.toolCall.arguments)}]\n`))
    }
  }
  const answer = await stream.result()
  process.off('SIGINT', interrupt)
  if (json) printJson(answer)
  else {
    printEnd(answer)
    printBrokenPlugin(plugboard, model, answer)
  }
  return answer
}

/** A model may be unknown because its plugin could not be loaded. */
function printBrokenPlugin({ plugins }: Plugboard, model: string, { error }: AssistantMessage): void {
  const info = error?.class === 'not_found' ? plugins.find(({ id }) => model.startsWith(`${id}:`)) : undefined
  const problem = info === undefined ? undefined : problemText(info)
  if (problem !== undefined) console.error(`\n${problem}`)
}

function printEnd({ provider, model, usage, cost, durationMs, error, warnings = [] }: AssistantMessage): void {
  process.stdout.write('\n')
  for (const { message } of warnings) console.error(styleText('yellow', `warning: ${message}`))
  if (error !== undefined)
    console.error(styleText('red', `error: ${error.message}${error.hint === undefined ? '' : `\n  ${error.hint}`}`))
  const tokens =
    usage === undefined
      ? ''
      : ` · ${usage.input + usage.cacheRead + usage.cacheWrite} in, ${usage.output} out${usage.estimated === true ? ' (estimated)' : ''}`
  const seconds = durationMs === undefined ? '' : ` · ${(durationMs / 1000).toFixed(1)} s`
  if (provider !== undefined)
    console.error(styleText('dim', `${provider}:${model}${tokens} · ${formatCost(cost?.total)}${seconds}`))
}
