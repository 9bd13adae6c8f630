import type { Command } from 'commander'
import { ledgerVerify } from '../commands/ledger-verify.ts'

export const ledger = (program: Command): void =>
  ledgerVerify(program.command('ledger').description('The books of all calls'))
