export { definePlugin } from './plugin.ts'
export type { Contributions, PluginContext, PluginDefinition, PluginLogger } from './plugin.ts'
export type {
  Auth,
  ErrorRule,
  Modality,
  Model,
  ModelDeclaration,
  Price,
  PricePeriod,
  PriceTerms,
  PriceTier,
  Provider,
  ProviderDeclaration,
  ProviderRequest,
  TokenPrice,
  TokenRates,
} from './provider.ts'
export type * from './messages.ts'
export type * from './events.ts'
export type * from './options.ts'
export { PlugboardError, ProviderError, deepestCause, isPlugboardError, isProviderError, ownErrorIn } from './errors.ts'
export type { ErrorClass, LlmError, PlugboardErrorOptions, ProviderErrorInit } from './errors.ts'
export { Secret, redact } from './secret.ts'
export { neverStops } from './never-stops.ts'
export { endOfTurn } from './turn.ts'
export { ByteStream } from './byte-stream.ts'
export { createHttp } from './http.ts'
export type { Http, HttpRequest, HttpResponse } from './http.ts'
export { fetchOver } from './fetch.ts'
export type { FetchLimits } from './fetch.ts'
export { connectionOf, fillIn } from './fill-in.ts'
export type { DeclaredConnection, PluginSettings } from './fill-in.ts'
export { SseReader } from './sse.ts'
export type { SseEvent } from './sse.ts'
export { EventBuilder, parseArguments } from './event-builder.ts'
export type { Block, TextBlock, ThinkingBlock, ToolBlock } from './event-builder.ts'
export { imageSource } from './image-source.ts'
export type { ImageSource } from './image-source.ts'
export { MessageBuilder } from './message-builder.ts'
export { createReport, exchangesOf, handOff, isOwn, refusable, safeIds } from './hand-off/index.ts'
export type { CallIdForm, Exchange, HandOffTarget, Note, Report, Rule } from './hand-off/index.ts'
export { classifyFailure } from './classify.ts'
export type { Failure } from './classify.ts'
