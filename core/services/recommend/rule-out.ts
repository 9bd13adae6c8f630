import { capabilitiesOf, type Ability } from '../capabilities/capabilities.ts'
import { dollars } from '../cost/money.ts'
import type { Asked } from './asked.ts'
import type { Candidate } from './recommend.ts'

/** In a sentence about one model: it ... */
export const ABILITY_WORDS: Readonly<Record<Ability, string>> = {
  tools: 'calls tools',
  thinking: 'thinks before it answers',
  vision: 'takes images',
  audio: 'takes audio',
  files: 'takes files',
  structuredOutput: 'holds its answers to a schema',
  streaming: 'streams',
  codeExecution: 'runs code',
}

/** Why a model cannot be recommended: every reason, none when it can. `today`: milliseconds since 1970. */
export function reasonsAgainst(candidate: Candidate, asked: Asked, today: number): string[] {
  const { model, measured } = candidate
  const { needs, request } = asked
  const has = capabilitiesOf(model)
  const reasons = needs
    .filter((ability) => has[ability] !== true)
    .map((ability) =>
      has[ability] === null
        ? `nobody says that it ${ABILITY_WORDS[ability]}`
        : `it is not one that ${ABILITY_WORDS[ability]}`,
    )
  if (request.providers !== undefined && !request.providers.includes(model.provider))
    reasons.unshift(`its provider is not among ${request.providers.join(', ')}`)
  if (model.deprecated !== undefined && Date.parse(model.deprecated) <= today)
    reasons.push(`it is deprecated since ${model.deprecated}`)
  reasons.push(...tooLarge(candidate, asked), ...tooDear(candidate, asked))
  const { medianMs = null } = measured ?? {}
  if (request.maxLatencyMs !== undefined && medianMs !== null && medianMs > request.maxLatencyMs)
    reasons.push(`it answered in ${medianMs} ms lately, more than ${request.maxLatencyMs}`)
  return reasons
}

function tooLarge({ model, inputTokens, outputTokens }: Candidate, { task }: Asked): string[] {
  const { contextWindow, maxTokens } = model
  const reasons: string[] = []
  if (contextWindow === undefined && task.needsWindow) reasons.push('its context window is not known')
  if (contextWindow !== undefined && inputTokens + outputTokens > contextWindow)
    reasons.push(`its context window holds ${contextWindow} tokens, fewer than ${inputTokens + outputTokens}`)
  if (maxTokens !== undefined && outputTokens > maxTokens)
    reasons.push(`its answers hold ${maxTokens} tokens, fewer than ${outputTokens}`)
  return reasons
}

function tooDear({ cost }: Candidate, { maxNano }: Asked): string[] {
  if (maxNano === undefined) return []
  if (cost === null) return ['its price is not known']
  return cost > maxNano ? [`a call costs about $${dollars(cost)}, more than $${dollars(maxNano)}`] : []
}
