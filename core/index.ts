export { createPlugboard } from './create-plugboard.ts'
export type { PlugboardOptions } from './create-plugboard.ts'
export type { Plugboard, StreamOptions } from './plugboard.ts'
export { createGateway } from './surfaces/gateway/gateway.ts'
export type { Gateway, GatewayServices } from './surfaces/gateway/gateway.ts'
export type { AnswerStream } from './surfaces/library/answer-stream.ts'
export type { PluginInfo, PluginProblem, PluginState } from './kernel/plugin-info.ts'
export type { KernelEvents } from './kernel/events.ts'
export { Scope, token } from './kernel/scope.ts'
export type { Token } from './kernel/scope.ts'
export { Alerts, Webhooks } from './services/alerts/alerts.ts'
export type {
  Alert,
  AlertBody,
  AlertType,
  Delivery,
  NewWebhook,
  Webhook,
  WebhookSpec,
  WebhookTrial,
} from './services/alerts/alerts.ts'
export { Agents } from './services/agents/agents.ts'
export type { Agent, AgentOptions, AgentSpec } from './services/agents/agents.ts'
export { AuditLog } from './services/audit/audit.ts'
export type { AuditAction, AuditEntry } from './services/audit/audit.ts'
export { Budgets, WorstCase } from './services/budget/budget.ts'
export type {
  Amount,
  BooksReport,
  Bound,
  Budget,
  BudgetEvents,
  BudgetScope,
  BudgetSpec,
  BudgetState,
  BudgetWindow,
  Period,
  RecoveredAmount,
  UnknownPricePolicy,
} from './services/budget/budget.ts'
export type { Ability, Capabilities, Category, Tier } from './services/capabilities/capabilities.ts'
export { Catalog } from './services/catalog/catalog.ts'
export { Clock } from './services/clock/clock.ts'
export { CostService, PriceVersions } from './services/cost/cost.ts'
export type { ChargeConditions, PriceLayer, PriceVersion, RerateRow, Terms } from './services/cost/cost.ts'
export type { Comparison } from './services/cost/estimate/compare.ts'
export type { Estimate, EstimateOptions, EstimatedCost } from './services/cost/estimate/estimate.ts'
export { dollars, nanoFromDecimal } from './services/cost/money.ts'
export type { PriceSettings } from './services/cost/price-settings.ts'
export { KeyRing } from './services/keys/keys.ts'
export type { ApiKey, NewApiKey } from './services/keys/keys.ts'
export { Ledger } from './services/ledger/ledger.ts'
export type { LedgerEntry, LedgerTotals } from './services/ledger/ledger.ts'
export { Logger } from './services/logger/logger.ts'
export type { LogLevel } from './services/logger/pino-logger.ts'
export { Providers } from './services/providers/providers.ts'
export type {
  HostProvider,
  ProviderChanges,
  ProviderEvents,
  ProviderInfo,
  ProviderState,
  ValidateOptions,
  Validation,
  ValidationAction,
} from './services/providers/providers.ts'
export { Measured } from './services/measured/measured.ts'
export type { Measurement } from './services/measured/measured.ts'
export type { Recommendation, RecommendedModel, RecommendRequest, TaskType } from './services/recommend/recommend.ts'
export { Settings } from './services/settings/settings.ts'
export { TokenCounter } from './services/tokens/tokens.ts'
export type { TokenCount } from './services/tokens/tokens.ts'
export { Vault } from './services/vault/vault.ts'
export { UsageReports } from './services/usage/usage.ts'
export type {
  Advice,
  AdviceReport,
  Moment,
  Projection,
  UsageCost,
  UsageDimension,
  UsageFilter,
  UsagePeriod,
  UsageQuery,
  UsageReport,
  UsageReset,
  UsageRow,
  UsageSelection,
  UsageSummary,
  UsageSummaryLine,
  UsageSums,
  UsageTokens,
} from './services/usage/usage.ts'
export type * from '@plugboard/sdk'
export { PlugboardError, Secret, isPlugboardError } from '@plugboard/sdk'
