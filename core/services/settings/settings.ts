import { token } from '../../kernel/scope.ts'

/** Settings that are one value each, shared by all processes on one data folder. No secrets. */
export interface Settings {
  /** As the last process that set it left it. */
  get(key: string): string | undefined
  /** `undefined` takes it away. */
  set(key: string, value: string | undefined): Promise<void>
}

export const Settings = token<Settings>('settings')
