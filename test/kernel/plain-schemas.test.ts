import { globSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { plainTest } from '../../core/kernel/plain-test.ts'
import { compileSchema } from '../../core/kernel/schema.ts'
import { settingsForm } from '../../core/kernel/settings.ts'
import manifestSchema from '../../plugin-sdk/schema/manifest.v1.json' with { type: 'json' }

type Json = Record<string, unknown>

const shipped = globSync('plugins/*/plugboard.json').map((file) => JSON.parse(readFileSync(file, 'utf8')) as Json)
const places = (value: unknown, path: readonly string[] = []): (readonly string[])[] =>
  typeof value === 'object' && value !== null
    ? [path, ...Object.entries(value).flatMap(([key, each]) => places(each, [...path, key]))]
    : [path]

/** What a hand might write by mistake, and what is right in some places. */
const anything = fc.oneof(
  fc.constantFrom('', 'free', 'none', 'header', '0.50', '2026-02-30', '2026-02-28', '09:30', '\u{1F600}', './a.json'),
  fc.constantFrom('https://example.com/v1', 'https://exa mple', '${config.baseUrl}', '^0.1.0', 'constructor'),
  fc.constantFrom(null, true, false, 0, 1, -1, 1.5, 700, [], {}, ['text', 'text'], ['text', 1], [{ id: 'm' }]),
  fc.string({ maxLength: 90 }),
  fc.jsonValue({ maxDepth: 2 }),
)

/** A document with one value put in the place of another, taken away, or put beside it. */
const changed = (documents: readonly Json[]): fc.Arbitrary<Json> =>
  fc
    .constantFrom(...documents)
    .chain((document) => fc.record({ document: fc.constant(document), path: fc.constantFrom(...places(document)) }))
    .chain(({ document, path }) =>
      fc.record({
        document: fc.constant(document),
        path: fc.constant(path),
        value: anything,
        key: fc.constantFrom(path.at(-1) ?? 'id', 'id', 'price', 'type', 'default', 'minLength', 'enum', 'unknown'),
        how: fc.constantFrom('replace', 'remove', 'add'),
      }),
    )
    .map(({ document, path, value, key, how }) => {
      const copy = structuredClone(document)
      let at: unknown = copy
      for (const step of path.slice(0, -1)) at = (at as Json)[step]
      const last = path.at(-1)
      const parent = at as Json
      if (last === undefined || (how === 'add' && !Array.isArray(parent))) parent[key] = value
      else if (how === 'replace' || Array.isArray(parent)) parent[last] = value
      else delete parent[last]
      return copy
    })

describe('a manifest', () => {
  const holds = plainTest(manifestSchema)
  const compiled = compileSchema(manifestSchema)

  it('that is shipped plainly holds to the schema, so that no start compiles it', () => {
    expect(shipped.length).toBeGreaterThan(15)
    expect(shipped.filter((manifest) => !holds(manifest))).toEqual([])
  })

  it('is plainly right only if it is right', () => {
    let accepted = 0
    fc.assert(
      fc.property(changed(shipped), (manifest) => {
        if (!holds(manifest)) return
        accepted++
        expect(compiled(manifest).findings).toEqual([])
      }),
      { numRuns: 3_000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })
})

const digits = (most: number, length: number): fc.Arbitrary<string> =>
  fc.integer({ min: 0, max: most }).map((number) => String(number).padStart(length, '0'))

test.each([
  ['date', fc.tuple(digits(9_999, 4), digits(13, 2), digits(32, 2)).map((parts) => parts.join('-'))],
  [
    'uri',
    fc.tuple(fc.constantFrom('http://', 'https://', ''), fc.domain(), fc.string()).map((parts) => parts.join('')),
  ],
  [
    'uri',
    fc.tuple(fc.webUrl({ validSchemes: ['http', 'https'] }), fc.constantFrom('', ':80', '/')).map(([a, b]) => a + b),
  ],
])('a text is plainly of the format %s only if it is', (format, texts) => {
  const holds = plainTest({ format })
  const compiled = compileSchema({ format })
  let accepted = 0
  fc.assert(
    fc.property(texts, (text) => {
      if (!holds(text)) return
      accepted++
      expect(compiled(text).findings).toEqual([])
    }),
    { numRuns: 3_000 },
  )
  expect(accepted).toBeGreaterThan(100)
})

const setting = {
  apiKey: { title: 'API key', type: 'string', format: 'password', writeOnly: true, minLength: 2 },
  baseUrl: { type: 'string', format: 'uri', default: 'https://api.example.com/v1' },
  region: { type: 'string', enum: ['eu', 'us'], default: 'eu' },
  retries: { type: 'integer', minimum: 0, maximum: 9 },
  ratio: { type: 'number', default: 0.5 },
  fast: { type: 'boolean' },
}
const read = {
  file: 'plugboard.json',
  prefix: '',
  manifest: { manifest: 1, id: 'a', name: 'A', version: '1.0.0', engines: { plugboard: '0' }, contributes: {} },
} as const

const formOf = (config: Json): ReturnType<typeof settingsForm> =>
  settingsForm({ ...read, manifest: { ...read.manifest, config } }, '/')

const outcome = (form: Awaited<ReturnType<typeof settingsForm>>, own: Json): unknown => {
  try {
    const { config, secrets } = form.read({ own, env: {} })
    return { config, secrets: [...secrets].map(([key, secret]) => [key, secret.reveal()]) }
  } catch (error) {
    return { message: (error as Error).message }
  }
}

describe('settings', () => {
  test.each([true, false])(
    'of a plain schema are read as by a compiled one (additional ones allowed: %s)',
    async (additionalProperties) => {
      const config = { type: 'object', additionalProperties, properties: setting }
      const plain = await formOf(config)
      // No plain schema refers to another.
      const compiled = await formOf({ ...config, $defs: {} })
      const own = fc.dictionary(fc.constantFrom(...Object.keys(setting), 'other'), anything)
      fc.assert(
        fc.property(own, (given) => {
          expect(outcome(plain, { ...given })).toEqual(outcome(compiled, { ...given }))
        }),
        { numRuns: 1_000 },
      )
    },
  )

  test('have a schema that is refused when a compiled one would be', async () => {
    const schemas = changed([{ type: 'object', additionalProperties: false, properties: setting }]).filter(
      ({ type }) => type === 'object',
    )
    await fc.assert(
      fc.asyncProperty(schemas, async (config) => {
        const problem = (work: Promise<unknown>): Promise<string> =>
          work.then(
            () => 'none',
            () => 'refused',
          )
        const compiled = (async () => compileSchema(config, { useDefaults: true }))()
        expect(await problem(formOf(config))).toBe(await problem(compiled))
      }),
      { numRuns: 400 },
    )
  })
})
