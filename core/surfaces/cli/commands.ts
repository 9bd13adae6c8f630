import type { Command } from 'commander'

type Add = (program: Command) => void

/** In the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  serve: async () => (await import('./commands/serve.ts')).serve,
  chat: async () => (await import('./commands/chat.ts')).chat,
  models: async () => (await import('./groups/models.ts')).models,
  plugin: async () => (await import('./groups/plugin.ts')).plugin,
  providers: async () => (await import('./groups/providers.ts')).providers,
  agents: async () => (await import('./groups/agents.ts')).agents,
  budget: async () => (await import('./groups/budget.ts')).budget,
  ledger: async () => (await import('./groups/ledger.ts')).ledger,
  usage: async () => (await import('./groups/usage.ts')).usage,
  keys: async () => (await import('./groups/keys.ts')).keys,
  webhook: async () => (await import('./groups/webhook.ts')).webhook,
}

/**
 * Adds the command that the first argument names and loads no other, which takes as long as all the rest of a short command.
 * Without such an argument, for the help and for typing errors, it adds all.
 */
export async function addCommands(program: Command, [first = '']: readonly string[]): Promise<void> {
  const isNamed = Object.hasOwn(COMMANDS, first)
  const wanted = Object.entries(COMMANDS).filter(([name]) => !isNamed || name === first)
  for (const add of await Promise.all(wanted.map(([, load]) => load()))) add(program)
}
