/** `npm run bench`: what the gateway costs, beside a bare proxy and the upstream itself. README.md explains the figures. */
import { writeFile } from 'node:fs/promises'
import { runBench } from './bench.ts'
import { parseOptions, usage } from './options.ts'
import { report } from './report.ts'

// Without this, ending the bench would leave the processes that it started.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) return console.log(usage)
  const options = parseOptions(args)
  const result = await runBench(options, sayProgress)
  if (process.stderr.isTTY) sayProgress('')
  console.log(report(result))
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(result, null, 2)}\n`)
}

/** On a terminal one line that is written over, so that in the end only the table stands there. */
function sayProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`)
  else console.error(text)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(`The bench failed. ${(error as Error).message}`)
  process.exitCode = 1
}
