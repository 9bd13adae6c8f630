type Schema = Readonly<Record<string, unknown>>

/** A small value that a JSON Schema accepts, for calling a tool nobody gave arguments for. */
export function sampleOf(schema: Schema): unknown {
  if ('const' in schema) return schema['const']
  if (Array.isArray(schema['enum'])) return schema['enum'][0]
  if ('default' in schema) return schema['default']
  const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type']
  switch (type) {
    case 'string':
      return 'sample'
    case 'number':
    case 'integer':
      return Number(schema['minimum'] ?? 1)
    case 'boolean':
      return true
    case 'array':
      return [sampleOf((schema['items'] ?? {}) as Schema)]
    case 'null':
      return null
    default: {
      const properties = (schema['properties'] ?? {}) as Record<string, Schema>
      return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, sampleOf(property)]))
    }
  }
}
