import { existsSync, readFileSync } from 'node:fs'

interface Field {
  readonly type: string
  readonly rule?: 'repeated'
  readonly keyType?: string
}

interface Node {
  readonly fields?: Readonly<Record<string, Field>>
  readonly values?: Readonly<Record<string, number>>
  readonly oneofs?: Readonly<Record<string, { readonly oneof: readonly string[] }>>
  readonly nested?: Readonly<Record<string, Node>>
}

const file = new URL('../../../../shared/specs/google/generativelanguage-protos.json', import.meta.url)

/** False where Google's published API description is not at hand. */
export const hasProtos = existsSync(file)

const root: Node = hasProtos ? (JSON.parse(readFileSync(file, 'utf8')) as Node) : {}
const HOME = ['google', 'ai', 'generativelanguage', 'v1beta']

/** What protobuf's own JSON reader would refuse in a message of the Gemini API: unknown fields, wrong types, two of a oneof. */
export const violations = (message: string, value: unknown): string[] => check(find([...HOME, message]), value, message)

function find(path: readonly string[]): Node {
  let node: Node | undefined = root
  for (const name of path) node = node?.nested?.[name]
  if (node === undefined) throw new Error(`no such message: ${path.join('.')}`)
  return node
}

function check(node: Node, value: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at}: not an object`]
  const found = Object.entries(value).flatMap(([name, item]) => {
    const field = node.fields?.[name]
    return field === undefined ? [`${at}.${name}: unknown field`] : checkField(node, field, item, `${at}.${name}`)
  })
  const doubled = Object.values(node.oneofs ?? {}).filter(
    ({ oneof }) => oneof.filter((name) => name in value).length > 1,
  )
  return [...found, ...doubled.map(({ oneof }) => `${at}: more than one of ${oneof.join(', ')}`)]
}

function checkField(node: Node, { type, rule, keyType }: Field, value: unknown, at: string): string[] {
  if (rule === 'repeated') {
    if (!Array.isArray(value)) return [`${at}: not a list`]
    return value.flatMap((item, index) => checkValue(node, type, item, `${at}[${index}]`))
  }
  if (keyType !== undefined)
    return Object.entries(value as object).flatMap(([key, item]) => checkValue(node, type, item, `${at}.${key}`))
  return checkValue(node, type, value, at)
}

const SCALARS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  bytes: (value) => typeof value === 'string' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(value) && value.length % 4 === 0,
  bool: (value) => typeof value === 'boolean',
  float: (value) => typeof value === 'number',
  double: (value) => typeof value === 'number',
  int32: Number.isInteger,
  int64: (value) => Number.isInteger(value) || /^-?\d+$/.test(String(value)),
  'google.protobuf.Value': () => true,
  'google.protobuf.Struct': (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'google.protobuf.Any': (value) => typeof (value as { '@type'?: unknown })['@type'] === 'string',
}

function checkValue(node: Node, type: string, value: unknown, at: string): string[] {
  const scalar = SCALARS[type]
  if (scalar !== undefined) return scalar(value) ? [] : [`${at}: no ${type}: ${JSON.stringify(value)}`]
  const target = node.nested?.[type] ?? find(type.includes('.') ? type.split('.') : [...HOME, ...type.split('.')])
  if (target.values === undefined) return check(target, value, at)
  return typeof value === 'string' && value in target.values ? [] : [`${at}: not in the enum: ${JSON.stringify(value)}`]
}
