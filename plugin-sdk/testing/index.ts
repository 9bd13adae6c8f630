export { testProvider } from './test-provider.ts'
export type { TestOptions } from './test-provider.ts'
export { assertConforms, formatReport } from './assert-conforms.ts'
export { rules } from './rules.ts'
export type { RuleId } from './rules.ts'
export type { CheckResult, Exceptions, Report, Where } from './report.ts'
export type { Cassette, CassetteAsk, CassetteExpect, CassetteRequest, CassetteResponse } from './cassette.ts'
export type { Expected, ExpectedCall } from './expected.ts'
export type {
  Cassettes,
  FolderSubject,
  LoadedFolder,
  PluginManifest,
  PluginSubject,
  ProviderSubject,
  Subject,
  TestSetup,
} from './subject.ts'
