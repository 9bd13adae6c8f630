import { describe, expect, it } from 'vitest'
import { createPlugboard, type Plugboard } from '../../core/index.ts'
import { tempDir } from '../support/temp-dir.ts'

const open = (dataDir: string): Promise<Plugboard> =>
  createPlugboard({ dataDir, env: {}, builtIn: false, hostDir: false, watch: false })

describe('settings that are one value', () => {
  it('are seen by every process on the data folder at once, and after a restart', async () => {
    await using dir = await tempDir()
    await using one = await open(dir.path)
    {
      await using two = await open(dir.path)
      await two.settings.set('default_model', 'sandbox:demo')
      expect(one.settings.get('default_model')).toBe('sandbox:demo')
      await one.settings.set('default_model', 'sandbox:local')
      expect(two.settings.get('default_model')).toBe('sandbox:local')
    }
    await using again = await open(dir.path)
    expect(again.settings.get('default_model')).toBe('sandbox:local')
  })

  it('can be taken away, and are not there before they are set', async () => {
    await using dir = await tempDir()
    await using plugboard = await open(dir.path)
    expect(plugboard.settings.get('default_model')).toBeUndefined()
    await plugboard.settings.set('default_model', '')
    expect(plugboard.settings.get('default_model')).toBe('')
    await plugboard.settings.set('default_model', undefined)
    expect(plugboard.settings.get('default_model')).toBeUndefined()
  })
})
