import { PlugboardError } from '../errors.ts'
import type { ProviderDeclaration } from '../provider.ts'
import { examine } from './examine.ts'
import { pluginOf } from './plugin-folder.ts'
import { createRecorder, emptyResults, type Exceptions, type Report } from './report.ts'
import { ruleIds, rules } from './rules.ts'
import type { Cassettes, Plugin, Subject } from './subject.ts'

export interface TestOptions {
  /** Settings for the plugin, where those that the kit makes up from its schema do not fit. */
  readonly config?: Readonly<Record<string, unknown>>
  /** By feature, beside those in the folder's `cassettes`. */
  readonly cassettes?: Cassettes
  /** Rules that cannot hold here, each with the reason. They are reported as not tried. */
  readonly except?: Exceptions
  /** Milliseconds an answer may take. Default 5,000. */
  readonly answerMs?: number
  /** Milliseconds in which everything must have stopped after an abort. Default 1,000. */
  readonly stopMs?: number
}

/**
 * Holds every provider of a plugin to the contract, without a key and without leaving this machine. What the plugin does
 * wrong is in the report; rejects with PlugboardError `SUBJECT_INVALID` when there is no plugin, or one without providers,
 * and `RULE_UNKNOWN` for an exception that names no rule.
 */
export async function testProvider(subject: Subject, options: TestOptions = {}): Promise<Report> {
  const read = await pluginOf(subject)
  const plugin = { ...read, cassettes: { ...read.cassettes, ...options.cassettes } }
  const { answerMs = 5_000, stopMs = 1_000, config: given = {}, except = {} } = options
  checkExceptions(except)
  const results = emptyResults()
  for (const { id } of providersOf(plugin))
    await examine({ plugin, id, record: createRecorder(id, except, results), limits: { answerMs, stopMs }, given })
  return { plugin: plugin.manifest.id, ...results }
}

function checkExceptions(except: Exceptions): void {
  const unknown = Object.keys(except).find((rule) => !Object.hasOwn(rules, rule))
  if (unknown === undefined) return
  throw new PlugboardError('RULE_UNKNOWN', `There is no rule "${unknown}".`, {
    hint: `Use one of: ${ruleIds.join(', ')}.`,
  })
}

function providersOf({ manifest }: Plugin): readonly ProviderDeclaration[] {
  const { providers = [] } = manifest.contributes
  if (providers.length > 0) return providers
  throw new PlugboardError('SUBJECT_INVALID', `The plugin "${manifest.id}" declares no provider.`, {
    hint: 'Declare it under "contributes.providers" in its manifest.',
  })
}
