import type { Model } from '@plugboard/sdk'
import { token } from '../../kernel/scope.ts'

/** The name that stands for whatever model is the default. */
export const DEFAULT_MODEL = 'default'

/** The models that can be called, by name. */
export interface Catalog {
  /**
   * The model a name means: `provider:model`, `provider/model`, a bare model id that only one provider has, `agent:name`
   * for an agent's model, or `default` for the one the user chose, else `defaultModel()`. Answers at once when it is
   * known; asks the provider's server when that may know more. Throws PlugboardError `MODEL_NOT_FOUND`, `MODEL_AMBIGUOUS`
   * or `AGENT_UNKNOWN` with candidates, `PROVIDER_UNPLUGGED`, or `MODEL_MISSING` when there is no default.
   */
  resolve(name: string): Model | Promise<Model>
  /** A model of one provider. Throws like `resolve`. */
  get(provider: string, id: string): Model | Promise<Model>
  /** Every model that can be called now; asks running servers what they offer. With `all`, also where a key is missing. */
  list(options?: { readonly all?: boolean }): Promise<readonly Model[]>
  /** How many models of a provider are known without asking its server; also when it is disabled. */
  count?(provider: string): number
  /**
   * What `default` means until the user chooses: the default of the first provider the user gave a key, else of the
   * sandbox. Undefined when no provider names one.
   */
  defaultModel(): Model | undefined
}

export const Catalog = token<Catalog>('catalog')
