import { capabilitiesOf, categoryOf, type Ability } from '../capabilities/capabilities.ts'
import { dollars } from '../cost/money.ts'
import type { Asked } from './asked.ts'
import type { Candidate, Recommendation, RecommendedModel } from './recommend.ts'
import { ABILITY_WORDS, reasonsAgainst } from './rule-out.ts'

/** So large a share of failures among so many calls ranks a model behind those that answer. */
const UNSTEADY = { share: 0.2, calls: 5 }

/**
 * What to call for a task, best first. Ruled out is what lacks a needed ability, cannot hold the call, is deprecated, is
 * not of the providers named, costs more than `maxCost` or has no known price then, or was slower than `maxLatencyMs` lately.
 * The rest is compared by, each only where everything before is equal:
 *
 * 1. a model before what only simulates one;
 * 2. a known price before an unknown one, which is never taken for zero;
 * 3. one that answers before one that failed in a fifth of its calls lately;
 * 4. with `maxLatencyMs`, one measured within it before one that was not called lately;
 * 5. more of the abilities the task prefers;
 * 6. the price class (`Tier`) that suits the task. Nobody publishes a quality that fits all models, and within one market
 *    the price is what comes nearest to it;
 * 7. the lower expected cost;
 * 8. the lower median latency, an unknown one last;
 * 9. the name, so that the same facts always give the same answer.
 */
export function rank(candidates: readonly Candidate[], wanted: Asked, today: number): Recommendation {
  const judged = candidates.map((candidate) => ({ candidate, against: reasonsAgainst(candidate, wanted, today) }))
  const left = judged.filter(({ against }) => against.length === 0).map(({ candidate }) => candidate)
  return {
    taskType: wanted.request.taskType,
    ranked: left.toSorted((a, b) => compared(keysOf(a, wanted), keysOf(b, wanted))).map((each) => shown(each, wanted)),
    ruledOut: judged
      .filter(({ against }) => against.length > 0)
      .map(({ candidate, against }) => ({ model: nameOf(candidate), why: `${against.join('; ')}.` }))
      .toSorted((a, b) => (a.model < b.model ? -1 : 1)),
  }
}

const nameOf = ({ model }: Candidate): string => `${model.provider}:${model.id}`

/** The method above, as numbers of which the lower one is better; the last resort is the name. */
function keysOf(candidate: Candidate, { task, request }: Asked): readonly (number | string)[] {
  const { model, tier, cost, measured } = candidate
  const latency = measured?.medianMs ?? Infinity
  return [
    model.simulated === true ? 1 : 0,
    cost === null ? 1 : 0,
    isUnsteady(candidate) ? 1 : 0,
    request.maxLatencyMs !== undefined && latency === Infinity ? 1 : 0,
    task.prefers.length - preferred(candidate, task.prefers).length,
    task.tiers === undefined || tier === null ? 0 : task.tiers.indexOf(tier),
    cost ?? 0,
    latency,
    nameOf(candidate),
  ]
}

function compared(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (const [index, mine] of a.entries()) {
    const theirs = b[index] as typeof mine
    if (mine !== theirs) return mine < theirs ? -1 : 1
  }
  return 0
}

const isUnsteady = ({ measured }: Candidate): boolean =>
  measured !== undefined && measured.calls >= UNSTEADY.calls && (measured.errorShare ?? 0) >= UNSTEADY.share

function preferred({ model }: Candidate, abilities: readonly Ability[]): Ability[] {
  const has = capabilitiesOf(model)
  return abilities.filter((ability) => has[ability] === true)
}

function shown(candidate: Candidate, wanted: Asked): RecommendedModel {
  const { model, tier, cost, measured } = candidate
  return {
    model: nameOf(candidate),
    category: categoryOf(model),
    tier,
    expectedCost: cost,
    expectedLatencyMs: measured?.medianMs ?? null,
    why: why(candidate, wanted),
  }
}

function why(candidate: Candidate, { task, needs, request }: Asked): string {
  const { model, tier, cost, measured } = candidate
  const abilities = new Set([...needs, ...preferred(candidate, task.prefers)])
  const can = new Intl.ListFormat('en').format([...abilities].map((ability) => ABILITY_WORDS[ability]))
  const suits = task.tiers?.[0] === tier ? `, the class that suits ${request.taskType} best` : ''
  const sentences = [
    `${tier === null ? 'A model' : `${tier === 'economy' ? 'An' : 'A'} ${tier} model`}${can === '' ? '' : ` that ${can}`}${suits}.`,
    cost === null
      ? 'Its price is not known, so it stands behind all that have one.'
      : `A call costs about $${dollars(cost)}.`,
    measured === undefined || measured.medianMs === null
      ? 'It gave no answer lately that would tell how fast it is.'
      : `It answered in ${measured.medianMs} ms lately.`,
  ]
  if (isUnsteady(candidate))
    sentences.push(`It failed in ${Math.round((measured?.errorShare ?? 0) * 100)} % of its calls lately.`)
  if (model.simulated === true) sentences.push('No model answers: it is for trying things out.')
  return sentences.join(' ')
}
