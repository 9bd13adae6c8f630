import type { Model } from '@plugboard/sdk'
import { token } from '../../kernel/scope.ts'

/** The models that can be called, by name. */
export interface Catalog {
  /**
   * The model a name means: `provider:model`, `provider/model`, or a bare model id that only one provider has.
   * Answers at once when it is known; asks the provider's server when that may know more. Throws PlugboardError
   * `MODEL_NOT_FOUND` or `MODEL_AMBIGUOUS` with candidates, or `PROVIDER_UNPLUGGED`.
   */
  resolve(name: string): Model | Promise<Model>
  /** A model of one provider. Throws like `resolve`. */
  get(provider: string, id: string): Model | Promise<Model>
  /** Every model that can be called now; asks running servers what they offer. With `all`, also where a key is missing. */
  list(options?: { readonly all?: boolean }): Promise<readonly Model[]>
  /** How many models of a provider are known without asking its server; also when it is disabled. */
  count?(provider: string): number
  /**
   * The model to use when nobody named one: the default of the first provider the user gave a key, else of the sandbox.
   * Undefined when no provider names one.
   */
  defaultModel(): Model | undefined
}

export const Catalog = token<Catalog>('catalog')
