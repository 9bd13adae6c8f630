// A process that saves one secret: `saver.ts DIR NAME VALUE`.
import { Secret, createPlugboard } from '../../../core/index.ts'

const [dataDir = '', name = '', value = ''] = process.argv.slice(2)
await using plugboard = await createPlugboard({ dataDir, builtIn: false, hostDir: false, watch: false, env: {} })
await plugboard.vault.set(name, new Secret(value))
console.log('saved')
