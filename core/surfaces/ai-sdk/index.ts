export { plugboardProvider } from './provider.ts'
export type { PlugboardProvider } from './provider.ts'
export type { AnsweringHost, HostAnswer } from './host.ts'
export type { LanguageModel } from './specification.ts'
