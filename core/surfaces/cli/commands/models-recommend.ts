import { Option, type Command } from 'commander'
import { PlugboardError } from '@plugboard/sdk'
import { ABILITIES, type Ability } from '../../../services/capabilities/capabilities.ts'
import { TASK_TYPES, type RecommendRequest, type TaskType } from '../../../services/recommend/recommend.ts'
import { openPlugboard } from '../open-plugboard.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { formatCost, printJson, printTable } from '../output.ts'

interface RecommendOptions extends CommonOptions {
  readonly task: TaskType
  readonly maxCost?: number
  readonly maxLatency?: number
  readonly input?: number
  readonly output?: number
  readonly needs?: readonly Ability[]
  readonly providers?: readonly string[]
  readonly all: boolean
}

const SHOWN = 5

export function modelsRecommend(models: Command): void {
  withCommonOptions(models.command('recommend').description('Say which models suit a task, best first, and why'))
    .addOption(new Option('--task <type>', 'what it is for').choices(TASK_TYPES).default('chat'))
    .option('--max-cost <dollars>', 'what a call may be expected to cost at most', number)
    .option('--max-latency <ms>', 'how long an answer may take', number)
    .option('--input <tokens>', "tokens a call sends; default: the task's usual size", number)
    .option('--output <tokens>', 'tokens of its answer', number)
    .option('--needs <abilities>', `what it must be able to do, with commas between: ${ABILITIES.join(', ')}`, list)
    .option('--providers <ids>', 'choose only from these, with commas between', list)
    .option('--all', `show more than the best ${SHOWN}, and what was ruled out`, false)
    .action(async (options: RecommendOptions) => {
      await using plugboard = await openPlugboard(options)
      const found = await plugboard.recommend(requestOf(options))
      if (options.json) return printJson(found)
      const { ranked, ruledOut } = found
      const best = options.all ? ranked : ranked.slice(0, SHOWN)
      if (best.length > 0)
        printTable(
          ['MODEL', 'EXPECTED COST', 'LATENCY', 'WHY'],
          best.map(({ model, expectedCost, expectedLatencyMs, why }) => [
            model,
            formatCost(expectedCost),
            expectedLatencyMs === null ? 'unknown' : `${expectedLatencyMs} ms`,
            why,
          ]),
        )
      else console.log('No model that can be called now suits.')
      if (options.all) for (const { model, why } of ruledOut) console.log(`${model}: ${why}`)
      else console.log(`${ranked.length - best.length} more suit, ${ruledOut.length} were ruled out; --all shows them.`)
      if (ranked.length === 0) process.exitCode = 1
    })
}

const requestOf = ({
  task,
  maxCost,
  maxLatency,
  input,
  output,
  needs,
  providers,
}: RecommendOptions): RecommendRequest => ({
  taskType: task,
  ...(maxCost === undefined ? {} : { maxCost }),
  ...(maxLatency === undefined ? {} : { maxLatencyMs: maxLatency }),
  ...(providers === undefined ? {} : { providers }),
  tokens: { ...(input === undefined ? {} : { input }), ...(output === undefined ? {} : { output }) },
  needs: Object.fromEntries((needs ?? []).map((ability) => [ability, true])),
})

const list = (text: string): readonly string[] => text.split(',').map((part) => part.trim())

function number(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new PlugboardError('RECOMMEND_INVALID', `"${text}" is not a number.`, { hint: 'Write it as 0.01 or 2000.' })
}
