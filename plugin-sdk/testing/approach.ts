import { exchangesOf } from './cassette.ts'
import { cassetteFixtures, cassetteTalk, commonFailures, talkative, type NamedCassette } from './cassette-fixtures.ts'
import type { Exam } from './exam.ts'
import type { Fixture, Talk } from './fixture.ts'
import { offlineFixtures, offlineTalk } from './offline-fixtures.ts'
import { protocolFixtures, protocolTalk } from './protocol-fixtures.ts'

/** How much of the contract can be tried with a provider, and with what. */
export interface Approach {
  /** False: the provider answers by itself. */
  readonly usesHost: boolean
  readonly fixtures: readonly Fixture[]
  /** Why a rule that no fixture touches was not tried. */
  readonly limits: string
  /** The same for every version of the plugin. */
  readonly talkWith: (exam: Exam) => Talk
}

/** The kit's own host for a known protocol, else the plugin's cassettes, else questions that need neither. */
export function approachOf(exam: Exam, cassettes: readonly NamedCassette[]): Approach {
  const { host } = exam
  const recorded = cassetteFixtures(cassettes, exam)
  if (host !== undefined)
    return {
      usesHost: true,
      fixtures: [...protocolFixtures(exam, host), ...recorded],
      limits: 'this provider offers nothing of the kind',
      talkWith: ({ declaration }) => protocolTalk(declaration, host),
    }
  const shown = talkative(cassettes)
  if (shown === undefined || exchangesOf(shown.cassette).length === 0)
    return {
      usesHost: false,
      fixtures: [...offlineFixtures(exam), ...recorded],
      limits: 'the provider asks no host, and no cassette shows it',
      talkWith: offlineTalk,
    }
  const names = new Set(cassettes.map(({ name }) => name))
  return {
    usesHost: true,
    fixtures: [...recorded, ...commonFailures(shown.cassette, names, exam)],
    limits: 'no cassette shows it',
    talkWith: (each) => cassetteTalk(shown, each),
  }
}
