import { Command } from 'commander'
import { isPlugboardError } from '@plugboard/sdk'
import { addCommands } from './commands.ts'
import { version } from './version.ts'

const program = new Command('plugboard')
  .description('Every model behind one API: a gateway, a chat and a library on plugins that swap live.')
  .version(version)
  .showHelpAfterError()
  .showSuggestionAfterError()
  .enablePositionalOptions()

// Whoever reads may have seen enough, as `head` has: nothing is wrong then.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

try {
  await addCommands(program, process.argv.slice(2))
  await program.parseAsync()
} catch (error) {
  process.exitCode = 1
  if (isPlugboardError(error))
    console.error(`plugboard: ${error.message}${error.hint === undefined ? '' : `\n  ${error.hint}`}`)
  else console.error(error)
}
