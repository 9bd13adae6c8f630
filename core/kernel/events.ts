// The one file that knows eventemitter3.
import { EventEmitter } from 'eventemitter3'
import type { PluginInfo, PluginProblem } from './plugin-info.ts'

/** What the kernel tells about its plugins. */
export interface KernelEvents {
  /** A plugin entered another state. */
  'plugin:state': PluginInfo
  /** A version serves from now on; `from` is undefined for the first one. */
  'plugin:swapped': { readonly id: string; readonly from: string | undefined; readonly to: string }
  /** A new version was refused; `serving` is the version that goes on, if there is one. */
  'plugin:rejected': { readonly id: string; readonly serving: string | undefined; readonly problem: PluginProblem }
  /** The plugin was removed. */
  'plugin:unplugged': { readonly id: string; readonly from: string }
  /** A version that serves no more was disposed; `cut` counts the calls that outlived the drain time. */
  'plugin:disposed': { readonly id: string; readonly generation: string; readonly cut: number }
  /** Providers appeared or went, as a delta. */
  'providers:changed': {
    readonly added: readonly string[]
    readonly removed: readonly string[]
    readonly replaced: readonly string[]
  }
}

export type Unsubscribe = () => void

/** Tells listeners what happened. A listener that throws is reported and never disturbs the one who told. */
export class Events<Map extends object> {
  readonly #emitter = new EventEmitter()
  readonly #onListenerError: (error: unknown, event: string) => void

  constructor(onListenerError: (error: unknown, event: string) => void) {
    this.#onListenerError = onListenerError
  }

  on<K extends keyof Map & string>(event: K, listener: (payload: Map[K]) => void): Unsubscribe {
    const guarded = (payload: Map[K]): void => {
      try {
        listener(payload)
      } catch (error) {
        this.#onListenerError(error, event)
      }
    }
    this.#emitter.on(event, guarded)
    return () => {
      this.#emitter.off(event, guarded)
    }
  }

  emit<K extends keyof Map & string>(event: K, payload: Map[K]): void {
    this.#emitter.emit(event, payload)
  }
}
