import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { PlugboardError } from '@plugboard/sdk'

/** Where a secret comes from. Never from an argument: other users of the machine can read those. */
export interface SecretSource {
  readonly fromEnv?: string
  readonly stdin: boolean
}

export const withSecretSource = (command: Command): Command =>
  command
    .option('--from-env <NAME>', 'read the key from this environment variable')
    .option('--stdin', 'read the key from standard input', false)

/** Undefined when none was named and nobody sits at a terminal to be asked. */
export async function readSecret({ fromEnv, stdin }: SecretSource, what: string): Promise<string | undefined> {
  if (fromEnv !== undefined) return present(process.env[fromEnv], `the variable ${fromEnv}`)
  if (stdin) return present(await text(process.stdin), 'standard input')
  return process.stdin.isTTY ? present(await asked(what), 'what was typed') : undefined
}

function present(secret: string | undefined, place: string): string {
  const trimmed = secret?.trim() ?? ''
  if (trimmed !== '') return trimmed
  throw new PlugboardError('SECRET_MISSING', `There is no key in ${place}.`, {
    hint: 'Give one with --from-env NAME, with --stdin, or type it when asked.',
  })
}

/** What is typed is not shown. */
async function asked(what: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  const left = new Promise<string>((resolve) => {
    lines.once('SIGINT', () => resolve(''))
    lines.once('close', () => resolve(''))
  })
  process.stderr.write(`${what}: `)
  try {
    return await Promise.race([lines.question(''), left])
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}
