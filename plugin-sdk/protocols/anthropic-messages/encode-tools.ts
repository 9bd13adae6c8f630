import type { Tool } from '../../messages.ts'
import type { GenerationOptions } from '../../options.ts'
import type { ProviderRequest } from '../../provider.ts'
import { callableTools, warnOfForcedChoice } from '../left-out.ts'
import { extrasOf } from './extras.ts'
import { MESSAGES } from './hand-off.ts'
import { isObject, objectsOf, textOf, type JsonObject } from './json.ts'
import { strictSchema } from './strict-schema.ts'
import type { Target } from './target.ts'

/**
 * `clientTools` is the list as a client of this protocol sent it, present when it names tools that run at the provider:
 * those keep their places, because a cached prompt depends on the order.
 */
export function encodeTools(request: ProviderRequest, clientTools: unknown, target: Target): JsonObject[] {
  const tools = callableTools(request, objectsOf(clientTools).length > 0, target)
  if (!target.model.tools) return []
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

function strictForm(tool: Tool, { compat, note }: Target): JsonObject | undefined {
  const { schema, removed } = strictSchema({ type: 'object', ...tool.parameters })
  if (compat.supportsStrictTools && removed.length === 0) return schema
  note(MESSAGES.strictTool)
  return undefined
}

/** Undefined without tools: the provider then refuses a choice. */
export function encodeToolChoice(
  options: GenerationOptions,
  tools: readonly JsonObject[],
  thinking: boolean,
  target: Target,
): JsonObject | undefined {
  const { toolChoice, parallelToolCalls } = options
  const forced = toolChoice === 'required' || isObject(toolChoice)
  if (tools.length === 0) {
    warnOfForcedChoice(options, target)
    return undefined
  }
  if (thinking && forced)
    target.warn({
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
