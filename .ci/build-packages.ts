// Makes dist/<package> for each published package: JavaScript, declarations, and everything else as it is. Node does not
// strip types below node_modules, so what is published is never TypeScript.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const out = join(root, process.argv[2] ?? 'dist')
const folders = ['plugin-sdk', 'plugins', 'core']

rmSync(out, { recursive: true, force: true })
compile()
for (const folder of folders) copyTheRest(folder)

function compile(): void {
  const config = join(root, 'tsconfig.build.json')
  const options = ['--outDir', out, '--rootDir', root]
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config, ...options], {
    stdio: 'inherit',
  })
}

function copyTheRest(folder: string): void {
  for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
    if (file.split(sep).includes('node_modules') || !/\.(json|js|md)$/.test(file)) continue
    const target = join(out, folder, file)
    mkdirSync(dirname(target), { recursive: true })
    if (file.endsWith('.json')) writeFileSync(target, published(file, readFileSync(join(root, folder, file), 'utf8')))
    else cpSync(join(root, folder, file), target)
  }
  cpSync(join(root, 'LICENSE'), join(out, folder, 'LICENSE'))
}

/** Whatever pointed at a source file points at its JavaScript. */
function published(file: string, text: string): string {
  const name = relative('.', file).split(sep).at(-1)
  if (name === 'package.json') {
    const json = JSON.parse(text) as { exports?: Record<string, string>; devDependencies?: unknown }
    for (const [path, target] of Object.entries(json.exports ?? {}))
      json.exports![path] = target.replace(/\.ts$/, '.js')
    delete json.devDependencies
    return `${JSON.stringify(json, null, 2)}\n`
  }
  return name === 'plugboard.json' ? text.replace(/"main": "(\.\/[^"]+)\.ts"/, '"main": "$1.js"') : text
}
