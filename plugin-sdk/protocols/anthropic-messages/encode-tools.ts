import type { Tool } from '../../messages.ts'
import type { GenerationOptions } from '../../options.ts'
import { extrasOf } from './extras.ts'
import { isObject, objectsOf, textOf, type JsonObject } from './json.ts'
import { strictSchema } from './strict-schema.ts'
import type { Target } from './target.ts'

/**
 * `clientTools` is the list as a client of this protocol sent it, present when it names tools that run at the provider:
 * those keep their places, because a cached prompt depends on the order.
 */
export function encodeTools(tools: readonly Tool[], clientTools: unknown, target: Target): JsonObject[] {
  const { model, warn } = target
  if (!model.tools) {
    if (tools.length > 0)
      warn({ type: 'unsupported', feature: 'tools', message: `${model.id} cannot call tools; they were left out.` })
    return []
  }
  const left = new Map(tools.map((tool) => [tool.name, tool]))
  const encoded: JsonObject[] = []
  for (const entry of objectsOf(clientTools)) {
    const tool = isServerTool(entry) ? undefined : left.get(textOf(entry['name']) ?? '')
    if (isServerTool(entry)) encoded.push(entry)
    else if (tool !== undefined) {
      left.delete(tool.name)
      encoded.push(encodeTool(tool, target))
    }
  }
  return [...encoded, ...[...left.values()].map((tool) => encodeTool(tool, target))]
}

/** A tool that runs at the provider has a type of its own and no schema. */
export const isServerTool = (tool: JsonObject): boolean => typeof tool['type'] === 'string' && tool['type'] !== 'custom'

function encodeTool(tool: Tool, target: Target): JsonObject {
  const { cache_control: cacheControl, ...extras } = extrasOf(tool.providerMetadata)
  const strict = tool.strict === true && !('strict' in extras) ? strictForm(tool, target) : undefined
  return {
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    input_schema: strict ?? { type: 'object', ...tool.parameters },
    ...(strict === undefined ? {} : { strict: true }),
    ...extras,
    ...(cacheControl !== undefined && target.compat.supportsCacheControlOnTools ? { cache_control: cacheControl } : {}),
  }
}

function strictForm(tool: Tool, { compat, warn }: Target): JsonObject | undefined {
  const { schema, removed } = strictSchema({ type: 'object', ...tool.parameters })
  if (compat.supportsStrictTools && removed.length === 0) return schema
  const why = compat.supportsStrictTools ? `its schema uses ${removed.join(', ')}` : 'the host has no strict tools'
  warn({
    type: 'unsupported',
    feature: 'strict',
    message: `"strict" was left out for the tool "${tool.name}": ${why}.`,
  })
  return undefined
}

/** Undefined without tools: the provider then refuses a choice. */
export function encodeToolChoice(
  { toolChoice, parallelToolCalls }: GenerationOptions,
  tools: readonly JsonObject[],
  thinking: boolean,
  { warn }: Target,
): JsonObject | undefined {
  const forced = toolChoice === 'required' || isObject(toolChoice)
  if (tools.length === 0) {
    if (forced)
      warn({ type: 'unsupported', feature: 'toolChoice', message: 'There are no tools; "toolChoice" was left out.' })
    return undefined
  }
  if (thinking && forced)
    warn({
      type: 'unsupported',
      feature: 'toolChoice',
      message: 'A model that thinks cannot be made to call a tool; it was left to choose.',
    })
  const alone = parallelToolCalls === false ? { disable_parallel_tool_use: true } : {}
  if (toolChoice === 'none') return { type: 'none' }
  if (toolChoice === 'auto' || (thinking && forced)) return { type: 'auto', ...alone }
  if (toolChoice === 'required') return { type: 'any', ...alone }
  if (toolChoice === undefined) return parallelToolCalls === false ? { type: 'auto', ...alone } : undefined
  return { type: 'tool', name: toolChoice.tool, ...alone }
}
