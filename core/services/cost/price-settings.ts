import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { PlugboardError, type Price } from '@plugboard/sdk'
import type { PlainSchema } from '../../kernel/plain-test.ts'
import { lazyCheck, type Check, type SchemaFinding } from '../../kernel/schema.ts'
import { priceSchedule } from './price-schedule.ts'

/** What a host or a user knows better than any price list. The same shape in `prices.json`. */
export interface PriceSettings {
  /**
   * By `provider:model`, or `provider:*` for all others of a provider. Each replaces the whole price; `unknown` takes a
   * price away. Further instances of a provider have its prices unless they are named themselves.
   */
  readonly models?: Readonly<Record<string, Price | 'unknown'>>
  /** Percent added to every price, as decimal text with at most four decimals. Default: none. */
  readonly markupPercent?: string
}

/** Checks settings that a host passes in. Throws PlugboardError `PRICES_INVALID`. */
export function checkPriceSettings(settings: PriceSettings): PriceSettings {
  return checked(settings, 'options.prices')
}

/** Settings from a file; none when it is not there. Rejects with PlugboardError `PRICES_INVALID`. */
export async function readPriceSettings(file: string): Promise<PriceSettings> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw unusable(`${file} cannot be read: ${(error as Error).message}`)
  }
  return checked(parsed(text, file), file)
}

function checked(settings: unknown, where: string): PriceSettings {
  const { value, findings } = settingsCheck()(settings)
  if (findings.length > 0) throw invalid(where, findings)
  const unreadable = Object.entries(value.models ?? {}).flatMap(([name, price]) => unreadablePrice(name, price))
  if (unreadable.length > 0) throw invalid(where, unreadable)
  return value
}

/** What the schema lets pass and cannot be reckoned with all the same, such as a leap second. */
function unreadablePrice(name: string, price: Price | 'unknown'): SchemaFinding[] {
  try {
    if (price !== 'unknown') priceSchedule(price, 'override')
    return []
  } catch (error) {
    return [
      { pointer: `/models/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, message: (error as Error).message },
    ]
  }
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown
  } catch (error) {
    throw unusable(`${file} is not JSON: ${(error as Error).message}`)
  }
}

let check: Check<PriceSettings> | undefined

const settingsCheck = (): Check<PriceSettings> => (check ??= lazyCheck(settingsSchema()))

/** A price is written as in a manifest, so the definitions are the manifest's own. */
function settingsSchema(): PlainSchema {
  const manifest = createRequire(import.meta.url)('@plugboard/sdk/schema/manifest.v1.json') as {
    readonly $defs: Readonly<Record<string, unknown>>
  }
  const { money, percent, moment, timeOfDay, priceTier, pricePeriod, tokenPrice } = manifest.$defs
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      models: {
        type: 'object',
        additionalProperties: false,
        patternProperties: {
          '^[A-Za-z0-9][A-Za-z0-9_-]*:.+$': {
            type: ['string', 'object'],
            pattern: '^(free|unknown)$',
            $ref: '#/$defs/tokenPrice',
          },
        },
      },
      markupPercent: { type: 'string', pattern: '^\\d{1,4}(\\.\\d{1,4})?$' },
    },
    $defs: { money, percent, moment, timeOfDay, priceTier, pricePeriod, tokenPrice },
  }
}

const invalid = (where: string, findings: readonly SchemaFinding[]): PlugboardError =>
  unusable(
    findings
      .map(
        ({ pointer, message, didYouMean }) =>
          `${where}: ${pointer === '' ? 'the document' : pointer} ${message}${didYouMean === undefined ? '' : `; did you mean "${didYouMean}"?`}`,
      )
      .join('\n'),
    findings,
  )

const unusable = (message: string, findings: readonly SchemaFinding[] = []): PlugboardError =>
  new PlugboardError('PRICES_INVALID', message, {
    hint: 'Correct the place named. Models are named provider:model; a price is "free", "unknown", or dollars per million tokens as text: {"input": "2.50", "output": "10"}.',
    details: { findings },
  })
