import { Option, type Command } from 'commander'

/** Options every command understands. */
export interface CommonOptions {
  readonly plugins: readonly string[]
  readonly json: boolean
}

export const withCommonOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--plugins <dir>', 'another folder with plugins; may be given several times')
        .default([], 'none')
        .argParser((dir: string, before: readonly string[]) => [...before, dir]),
    )
    .addOption(new Option('--json', 'print JSON').default(false))
