import { PlugboardError, type Model } from '@plugboard/sdk'
import type { ProviderContribution, Registry } from '../../kernel/registry.ts'
import { nearest } from '../../kernel/schema.ts'
import { agentIn, type Agents } from '../agents/agents.ts'
import type { Clock } from '../clock/clock.ts'
import type { Settings } from '../settings/settings.ts'
import { DEFAULT_MODEL, type Catalog } from './catalog.ts'
import { chosenModel } from './default-model.ts'
import { ModelDiscovery } from './model-discovery.ts'
import { modelOf } from './model-of.ts'
import { newest, simpleName } from './simple-name.ts'

const MAX_CANDIDATES = 8
/** Names come from callers, so what is remembered about them must have an end. */
const MAX_NAMED = 2_000

interface Found {
  readonly contribution: ProviderContribution
  readonly model?: Model | undefined
}

export interface CatalogParts {
  readonly registry: Registry
  readonly clock: Clock
  readonly agents: Agents
  readonly settings: Settings
}

/** The models of the providers that are plugged in right now. */
export class RegistryCatalog implements Catalog {
  readonly #registry: Registry
  readonly #agents: Agents
  readonly #settings: Settings
  readonly #discovery: ModelDiscovery
  /** By contribution, so that a swapped plugin brings its own models and the old ones are collected with it. */
  readonly #declared = new WeakMap<ProviderContribution, ReadonlyMap<string, Model>>()
  /** What names mean, as the registry was after so many changes. */
  readonly #named = new Map<string, Model>()
  #namedAt = 0

  constructor({ registry, clock, agents, settings }: CatalogParts) {
    this.#registry = registry
    this.#agents = agents
    this.#settings = settings
    this.#discovery = new ModelDiscovery(clock)
  }

  resolve(name: string): Model | Promise<Model> {
    const { changes } = this.#registry
    if (this.#namedAt !== changes || this.#named.size >= MAX_NAMED) {
      this.#named.clear()
      this.#namedAt = changes
    }
    const known = this.#named.get(name)
    if (known !== undefined) return known
    const model = this.#resolve(name)
    if (!(model instanceof Promise) && this.#declaredAs(name) === model) this.#named.set(name, model)
    return model
  }

  #resolve(name: string): Model | Promise<Model> {
    const agent = agentIn(name)
    if (agent !== undefined) return this.resolve(this.#agents.get(agent).model ?? DEFAULT_MODEL)
    if (name === DEFAULT_MODEL) return this.#default()
    const qualified = this.#split(name)
    return qualified === undefined ? this.#bare(name) : this.get(qualified.provider, qualified.id)
  }

  get(provider: string, id: string): Model | Promise<Model> {
    const contribution = this.#registry.require(provider)
    const known = this.#known(contribution, id) ?? newest(this.#simplyNamed(contribution, simpleName(id)))
    if (known !== undefined) return known
    if (contribution.declaration.unlistedModels === true) return modelOf(contribution, { id })
    if (contribution.provider.listModels === undefined)
      throw this.#notFound(`${provider}:${id}`, this.#idsOf(contribution))
    return this.#ask(contribution, id)
  }

  async list({ all = false }: { readonly all?: boolean } = {}): Promise<readonly Model[]> {
    const offering = this.#registry.providers.filter(({ configured }) => all || configured)
    const lists = await Promise.all(offering.map((contribution) => this.#listOf(contribution)))
    return lists.flat()
  }

  count(provider: string): number {
    const contribution = this.#registry.plugged(provider)
    if (contribution === undefined) return 0
    const { size } = new Set([
      ...this.#declaredOf(contribution).keys(),
      ...(this.#discovery.known(contribution)?.keys() ?? []),
    ])
    return size
  }

  defaultModel(): Model | undefined {
    const usable = this.#registry.providers.filter(
      ({ configured, declaration }) => configured && declaration.defaultModel !== undefined,
    )
    const chosen =
      usable.find(
        ({ declaration: { auth } }) => auth !== undefined && auth.type !== 'none' && auth.optional !== true,
      ) ?? usable[0]
    return chosen === undefined ? undefined : this.#declaredOf(chosen).get(chosen.declaration.defaultModel ?? '')
  }

  /** The model that a name means for as long as nothing is plugged in or out: one declared by the provider it names. */
  #declaredAs(name: string): Model | undefined {
    const qualified = this.#split(name)
    const contribution = qualified === undefined ? undefined : this.#registry.provider(qualified.provider)
    return contribution === undefined ? undefined : this.#declaredOf(contribution).get(qualified?.id ?? '')
  }

  #default(): Model | Promise<Model> {
    const chosen = chosenModel(this.#settings)
    if (chosen !== undefined) return this.resolve(chosen)
    const first = this.defaultModel()
    if (first !== undefined) return first
    throw new PlugboardError('MODEL_MISSING', 'No model is named, and there is no default model.', {
      hint: 'Name a model, or choose one with `plugboard models default MODEL`.',
    })
  }

  /** `provider:model` or `provider/model`, when the first part names a provider; model ids themselves hold both signs. */
  #split(name: string): { provider: string; id: string } | undefined {
    for (const sign of [':', '/']) {
      const at = name.indexOf(sign)
      if (at <= 0) continue
      const provider = name.slice(0, at)
      if (this.#registry.knows(provider)) return { provider, id: name.slice(at + 1) }
    }
    return undefined
  }

  /** A name without its provider: exactly as a model is called, else as people call it. */
  #bare(name: string): Model | Promise<Model> {
    const open = this.#registry.providers.filter(isOpen)
    const exact = open.flatMap((contribution) => ({ contribution, model: this.#known(contribution, name) }))
    const simple = (): Found[] =>
      open.map((contribution) => ({ contribution, model: newest(this.#simplyNamed(contribution, simpleName(name))) }))
    return this.#only(name, exact) ?? this.#only(name, simple()) ?? this.#askAll(name)
  }

  /**
   * The one model found; of several, the one whose provider is set up, and of several instances of a provider the first.
   * Throws when that leaves a choice.
   */
  #only(name: string, candidates: readonly Found[]): Model | undefined {
    const found = candidates.filter((each): each is Found & { readonly model: Model } => each.model !== undefined)
    const usable = found.filter(({ contribution }) => contribution.configured)
    const [first, ...others] = firstOfEachType(usable.length > 0 ? usable : found)
    if (first === undefined || others.length === 0) return first?.model
    const names = [first, ...others].map(({ contribution, model }) => `${contribution.id}:${model.id}`)
    throw new PlugboardError('MODEL_AMBIGUOUS', `Several providers have the model "${name}".`, {
      hint: `Name one of them: ${names.join(', ')}.`,
      details: { model: name, candidates: names },
    })
  }

  #simplyNamed(contribution: ProviderContribution, simple: string): readonly Model[] {
    const known = [...this.#declaredOf(contribution).values(), ...(this.#discovery.known(contribution)?.values() ?? [])]
    return known.filter(({ id }) => simpleName(id) === simple)
  }

  async #askAll(name: string): Promise<Model> {
    const all = await this.list({ all: true })
    const found = all.filter(({ id }) => id === name).flatMap((model) => this.#offered(model))
    const [first, ...others] = firstOfEachType(found)
    if (first !== undefined && others.length === 0) return first.model
    const off = this.#registry.disabled.find((each) => isOpen(each) && this.#known(each, name) !== undefined)
    // Throws, and says that it is disabled.
    if (off !== undefined) this.#registry.require(off.id)
    throw this.#notFound(
      name,
      all.map((model) => `${model.provider}:${model.id}`),
    )
  }

  /** Unless its provider wants to be named. */
  #offered(model: Model): { contribution: ProviderContribution; model: Model }[] {
    const contribution = this.#registry.provider(model.provider)
    return contribution === undefined || !isOpen(contribution) ? [] : [{ contribution, model }]
  }

  async #ask(contribution: ProviderContribution, id: string): Promise<Model> {
    const { models, error } = await this.#discovery.refresh(contribution)
    const found = models.get(id)
    if (found !== undefined) return found
    if (error !== undefined) throw error
    throw this.#notFound(`${contribution.id}:${id}`, this.#idsOf(contribution))
  }

  async #listOf(contribution: ProviderContribution): Promise<readonly Model[]> {
    const declared = this.#declaredOf(contribution)
    if (contribution.provider.listModels === undefined || !contribution.configured) return [...declared.values()]
    const { models } = await this.#discovery.refresh(contribution)
    return [...new Map([...models, ...declared]).values()]
  }

  #known(contribution: ProviderContribution, id: string): Model | undefined {
    return this.#declaredOf(contribution).get(id) ?? this.#discovery.known(contribution)?.get(id)
  }

  #declaredOf(contribution: ProviderContribution): ReadonlyMap<string, Model> {
    let models = this.#declared.get(contribution)
    if (models === undefined) {
      models = new Map(
        (contribution.declaration.models ?? []).map((declared) => [declared.id, modelOf(contribution, declared)]),
      )
      this.#declared.set(contribution, models)
    }
    return models
  }

  #idsOf(contribution: ProviderContribution): string[] {
    const ids = [...this.#declaredOf(contribution).keys(), ...(this.#discovery.known(contribution)?.keys() ?? [])]
    return ids.map((id) => `${contribution.id}:${id}`)
  }

  #notFound(name: string, known: readonly string[]): PlugboardError {
    const near =
      nearest(name, known) ??
      nearest(
        name,
        known.map((id) => id.slice(id.indexOf(':') + 1)),
      )
    const candidates = near === undefined ? known.slice(0, MAX_CANDIDATES) : [near]
    const asked =
      candidates.length === 0
        ? 'No model is plugged in; `plugboard plugin list` shows why.'
        : `Known: ${candidates.join(', ')}.`
    return new PlugboardError('MODEL_NOT_FOUND', `The model "${name}" does not exist.`, {
      hint: near === undefined ? asked : `Did you mean "${near}"?`,
      details: { model: name, candidates },
    })
  }
}

const isOpen = ({ declaration }: ProviderContribution): boolean => declaration.bareNames !== false

const firstOfEachType = <T extends Found>(found: readonly T[]): T[] =>
  found.filter((each, at) => found.findIndex((other) => other.contribution.type === each.contribution.type) === at)
