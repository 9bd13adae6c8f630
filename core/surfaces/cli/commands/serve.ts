import { setFlagsFromString } from 'node:v8'
import type { Command } from 'commander'
import { PlugboardError } from '@plugboard/sdk'
import { containPluginFailures } from '../../../kernel/contain.ts'
import { createPlugboard } from '../../../create-plugboard.ts'
import type { Plugboard } from '../../../plugboard.ts'
import { scopeText } from '../../../services/budget/budget.ts'
import type { Gateway } from '../../gateway/gateway.ts'
import { withCommonOptions, type CommonOptions } from '../options.ts'
import { formatCost, printJson } from '../output.ts'

interface ServeOptions extends CommonOptions {
  readonly port?: string
  readonly host?: string
}

export function serve(program: Command): void {
  withCommonOptions(program.command('serve').description('Run the HTTP gateway'))
    .option('--port <number>', 'default: UNIFIED_GATEWAY_PORT, else 3000')
    .option('--host <address>', 'default: UNIFIED_GATEWAY_HOST, else 127.0.0.1')
    .action(async (options: ServeOptions) => {
      const port = portOf(options.port ?? process.env['UNIFIED_GATEWAY_PORT'] ?? '3000')
      const host = options.host ?? process.env['UNIFIED_GATEWAY_HOST'] ?? '127.0.0.1'
      const { plugins } = options
      // Only here: no other command needs an HTTP server. Before any plugin: Node asks its hooks at every later import.
      const { createGateway } = await import('../../gateway/gateway.ts')
      const plugboard = await createPlugboard(
        process.env['LOG_LEVEL'] === undefined ? { plugins, logLevel: 'error' } : { plugins },
      )
      try {
        const firstKey = ensureKey(plugboard)
        const gateway = await createGateway(plugboard)
        const { url } = await gateway.listen({ port, host })
        stopOnSignals(gateway, plugboard)
        containPluginFailures(plugboard.logger)
        setFlagsFromString('--semi-space-growth-factor=2')
        if (options.json) printJson({ url, ...(firstKey === undefined ? {} : { apiKey: firstKey }) })
        else welcome(url, firstKey, plugboard)
      } catch (error) {
        await plugboard[Symbol.asyncDispose]()
        throw error
      }
    })
}

function portOf(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new PlugboardError('PORT_INVALID', `"${text}" is not a port.`, {
    hint: 'Set UNIFIED_GATEWAY_PORT to a number from 0 to 65535.',
  })
}

/** The gateway is never open to everybody: without a key there is nobody to answer. Returns a key that was just made. */
function ensureKey({ keys, auditLog }: Plugboard): string | undefined {
  const wanted = process.env['PLUGBOARD_API_KEY']
  const before = keys.list().length
  if ((wanted === undefined || wanted === '') && before > 0) return undefined
  const { key, secret } =
    wanted === undefined || wanted === '' ? keys.add('first key') : keys.add('PLUGBOARD_API_KEY', wanted)
  if (keys.list().length > before)
    void auditLog.record({ action: 'key_created', subject: key.id, actor: 'system', details: { name: key.name } })
  return secret === wanted ? undefined : secret
}

function welcome(url: string, firstKey: string | undefined, plugboard: Plugboard): void {
  const key = firstKey ?? '$PLUGBOARD_API_KEY'
  console.log(`Plugboard ${plugboard.version} listens on ${url}`)
  const providers = plugboard.plugins.flatMap(({ providers }) => providers)
  console.log(`Providers: ${providers.join(', ')}`)
  if (firstKey !== undefined) console.log(`\nYour API key, shown only this once: ${firstKey}`)
  console.log(`\nTry it:\n  curl ${url}/v1/chat/completions \\
    -H "authorization: Bearer ${key}" -H "content-type: application/json" \\
    -d '{"model":"sandbox:demo","messages":[{"role":"user","content":"Hello"}]}'\n`)
  for (const { id, problem } of plugboard.plugins)
    if (problem !== undefined) console.log(`plugin "${id}" is broken: ${problem.message}`)
  plugboard.budgets.on('alert', ({ scope, window, spent, limitNano }) =>
    console.log(
      `budget alert: ${formatCost(spent.nano)}${limitNano === null ? '' : ` of ${formatCost(limitNano)}`} is spent on the ${window} budget for ${scopeText(scope)}`,
    ),
  )
  plugboard.on('plugin:swapped', ({ id, from }) =>
    console.log(`plugin "${id}" ${from === undefined ? 'loaded' : 'replaced'}`),
  )
  plugboard.on('plugin:unplugged', ({ id }) => console.log(`plugin "${id}" removed`))
  plugboard.on('plugin:rejected', ({ id, serving, problem }) =>
    console.log(
      `plugin "${id}" refused${serving === undefined ? '' : ', the version before goes on'}: ${problem.message}`,
    ),
  )
}

/** The first signal lets streams finish; a second one does not wait. */
function stopOnSignals(gateway: Gateway, plugboard: Plugboard): void {
  let stopping = false
  const stop = async (): Promise<void> => {
    if (stopping) process.exit(130)
    stopping = true
    if (plugboard.engine.running > 0)
      console.log(`Finishing ${plugboard.engine.running} running answers; press Ctrl-C again to stop now.`)
    await gateway.close()
    await plugboard[Symbol.asyncDispose]()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop())
}
