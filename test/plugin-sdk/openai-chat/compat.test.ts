import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ProviderDeclaration } from '../../../plugin-sdk/index.ts'
import { checkCompat } from '../../../plugin-sdk/protocols/openai-chat/check-compat.ts'
import { compatOf } from '../../../plugin-sdk/protocols/openai-chat/compat.ts'
import { providerAt } from './support/call.ts'

describe('compat flags', () => {
  it('of a model stand over those of its provider, and both over the defaults', () => {
    const compat = compatOf(
      { seedField: 'random_seed', maxTokensField: 'max_completion_tokens' },
      { compat: { seedField: 'seed' } },
    )
    expect(compat).toMatchObject({
      seedField: 'seed',
      maxTokensField: 'max_completion_tokens',
      supportsFinishReason: true,
    })
  })

  it.each([
    [{ maxTokenField: 'max_tokens' }, 'unknown compat flag "maxTokenField"'],
    [{ maxTokensField: 'tokens' }, '"maxTokensField" of the provider "test" is "tokens"'],
    [{ supportsStrictMode: 'yes' }, '"supportsStrictMode" of the provider "test" is "yes"'],
    [{ unsupportedOptions: 'seed' }, '"unsupportedOptions" of the provider "test" is "seed"'],
  ])('%j stop the plugin', (compat, message) => {
    expect(() => providerAt('http://127.0.0.1:1', { compat })).toThrow(message)
  })

  it('of a model are checked too', () => {
    const models = [{ id: 'm', compat: { thinkingFormat: 'loud' } }]
    expect(() => providerAt('http://127.0.0.1:1', { models })).toThrow('"thinkingFormat" of the model "m" is "loud"')
  })

  it('of every shipped manifest are known', () => {
    const folder = join(import.meta.dirname, '../../../plugins')
    const declarations = readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => existsSync(join(folder, name, 'plugboard.json')))
      .flatMap(({ name }) => {
        const manifest = JSON.parse(readFileSync(join(folder, name, 'plugboard.json'), 'utf8')) as {
          contributes: { providers?: readonly ProviderDeclaration[] }
        }
        return manifest.contributes.providers ?? []
      })
      .filter(({ protocol }) => protocol === 'openai-chat')
    expect(declarations.length).toBeGreaterThan(5)
    for (const declaration of declarations) checkCompat(declaration)
  })
})
