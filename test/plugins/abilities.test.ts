import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ModelDeclaration, ProviderDeclaration } from '@plugboard/sdk'

const ROOT = new URL('../../', import.meta.url).pathname
const CATALOG = join(ROOT, '../shared/catalog/models.dev.catalog.json')

interface Listed {
  readonly tool_call?: boolean
  readonly reasoning?: boolean
  readonly structured_output?: boolean
  readonly modalities: { readonly input: readonly string[] }
}
type Catalog = Readonly<Record<string, { readonly models: Readonly<Record<string, Listed>> }>>

/** Providers whose name in the catalogue is another one. */
const NAMES: Readonly<Record<string, string>> = {
  fireworks: 'fireworks-ai',
  moonshot: 'moonshotai',
  'openai-responses': 'openai',
  together: 'togetherai',
}
const MODALITIES: Readonly<Record<string, string>> = { image: 'image', audio: 'audio', pdf: 'file' }

const providers = globSync('plugins/*/plugboard.json', { cwd: ROOT }).flatMap(
  (file) =>
    (JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as { contributes: { providers: ProviderDeclaration[] } })
      .contributes.providers,
)

test.skipIf(!existsSync(CATALOG))('shipped manifests say of abilities what the public catalogue says', () => {
  const { providers: catalog } = JSON.parse(readFileSync(CATALOG, 'utf8')) as { providers: Catalog }
  const wrong: string[] = []
  let compared = 0
  for (const { id: provider, models = [], compat = {} } of providers)
    for (const model of models) {
      const listed = catalog[NAMES[provider] ?? provider]?.models[model.id]
      if (listed === undefined) continue
      compared++
      // A host that we can only ask for some JSON does not hold our answers to a schema, whatever it can do.
      const known = ({ ...compat, ...model.compat } as { structuredOutput?: string }).structuredOutput
      const theirs = [...abilitiesListed(listed), ...(known === undefined ? [listed.structured_output ?? null] : [])]
      const ours = [...abilitiesOf(model), ...(known === undefined ? [model.structuredOutput ?? null] : [])]
      if (JSON.stringify(ours) !== JSON.stringify(theirs))
        wrong.push(`${provider}:${model.id} says ${JSON.stringify(ours)}, the catalogue ${JSON.stringify(theirs)}`)
    }
  expect(wrong).toEqual([])
  expect(compared).toBeGreaterThan(100)
})

const abilitiesOf = ({ tools = true, reasoning = false, input = ['text'] }: ModelDeclaration): unknown[] => [
  tools,
  reasoning,
  input.filter((kind) => kind !== 'text').toSorted(),
]

const abilitiesListed = ({ tool_call = false, reasoning = false, modalities }: Listed): unknown[] => [
  tool_call,
  reasoning,
  modalities.input.flatMap((kind) => MODALITIES[kind] ?? []).toSorted(),
]
