#!/usr/bin/env node
// Plain JavaScript, so that any Node can read it: an older one hands over to the Node this package brings along.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

const NEEDED = [24, 15]
const here = dirname(fileURLToPath(import.meta.url))

const enough = (version) => {
  const [major, minor] = version.split('.').map(Number)
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])
}

/** The Node that was installed with the workspace, looked for upwards. */
const bundledNode = () => {
  const name = process.platform === 'win32' ? 'node.cmd' : 'node'
  for (let dir = here; ; dir = dirname(dir)) {
    const candidate = join(dir, 'node_modules', '.bin', name)
    if (existsSync(candidate)) return candidate
    if (dirname(dir) === dir) return undefined
  }
}

if (enough(process.versions.node)) {
  // Compiled code is kept from start to start; that saves time, and the memory of stripping types.
  nodeModule.enableCompileCache()
  // Starting makes garbage once; the young generation need not grow for it. `serve` lets it grow when it has started.
  setFlagsFromString('--semi-space-growth-factor=1')
  const source = join(here, 'main.ts')
  await import(existsSync(source) ? './main.ts' : './main.js')
} else {
  const node = bundledNode()
  if (node === undefined) {
    console.error(
      `Plugboard needs Node ${NEEDED.join('.')} or newer; this is Node ${process.versions.node}. Install a newer Node from nodejs.org.`,
    )
    process.exit(1)
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`Plugboard could not start ${node}: ${error.message}`)
    process.exitCode = 1
  })
  child.on('exit', (code) => {
    process.exitCode = code ?? 1
  })
}
