// The one file that knows tsyringe; everything else sees Token and Scope.
import 'reflect-metadata'
import { container, type DependencyContainer } from 'tsyringe'

declare const type: unique symbol

/** A typed key for a service. Declared beside the interface it names, under the same name. */
export interface Token<T> {
  readonly key: symbol
  readonly [type]?: T
}

export const token = <T>(name: string): Token<T> => ({ key: Symbol.for(`plugboard.${name}`) })

/**
 * A container that owns what it builds. A service is built on first use from the scope that provides it, even when a
 * child asks, so that it cannot outlive its dependencies; disposal is newest first, children before parents.
 */
export class Scope implements AsyncDisposable {
  readonly #parent: Scope | undefined
  readonly #container: DependencyContainer
  readonly #owned = new AsyncDisposableStack()
  readonly #children = new Set<Scope>()

  constructor(parent?: Scope) {
    this.#parent = parent
    this.#container = parent === undefined ? container.createChildContainer() : parent.#container.createChildContainer()
  }

  /** Registers how to build a service. A later registration of the same token wins. */
  provide<T>(key: Token<T>, build: (scope: Scope) => T): this {
    let made: { readonly value: T } | undefined
    this.#container.register(key.key, { useFactory: () => (made ??= { value: this.own(build(this)) }).value })
    return this
  }

  /** Registers a service that somebody else owns. */
  value<T>(key: Token<T>, value: T): this {
    this.#container.register(key.key, { useValue: value })
    return this
  }

  get<T>(key: Token<T>): T {
    return this.#container.resolve<T>(key.key)
  }

  /** Disposes the value with the scope, when it can be disposed. */
  own<T>(value: T): T {
    const disposable = value as Partial<Disposable & AsyncDisposable> | null | undefined
    if (disposable?.[Symbol.asyncDispose] !== undefined) this.#owned.use(disposable as AsyncDisposable)
    else if (disposable?.[Symbol.dispose] !== undefined) this.#owned.use(disposable as Disposable)
    return value
  }

  defer(undo: () => void | Promise<void>): void {
    this.#owned.defer(async () => {
      await undo()
    })
  }

  child(): Scope {
    const child = new Scope(this)
    this.#children.add(child)
    return child
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#parent !== undefined) this.#parent.#children.delete(this)
    // Disposed last first, and each one also when another one fails.
    await using order = new AsyncDisposableStack()
    order.defer(async () => this.#container.dispose())
    order.use(this.#owned)
    for (const child of this.#children) order.use(child)
  }
}
