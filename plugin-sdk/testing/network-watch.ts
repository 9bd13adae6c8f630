import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** Sees every connection that watched code opens, whatever client it uses. */
export interface NetworkWatch extends Disposable {
  /** Runs plugin code; what it opens, now or later, is seen. */
  run<T>(work: () => T): T
  /** `host:port` of every address but ours that was tried. The connections are broken off before they can say anything. */
  readonly strangers: readonly string[]
}

const CHANNEL = 'net.client.socket'

/** Connections to the loopback ports that `isOurs` knows are let through. */
export function watchNetwork(isOurs: (port: number) => boolean): NetworkWatch {
  const inside = new AsyncLocalStorage<true>()
  const strangers: string[] = []
  const refuse = (socket: Socket, address: string): void => {
    strangers.push(address)
    process.nextTick(() => socket.destroy(new Error(`${address} is not to be contacted`)))
  }
  const onSocket = (message: unknown): void => {
    if (inside.getStore() !== true) return
    const { socket } = message as { readonly socket: Socket }
    let name: string | undefined
    socket.on('lookup', (error: Error | null, _address, _family, host: string) => {
      name = host
      if (error !== null) refuse(socket, host)
    })
    socket.on('connectionAttempt', (address: string, port: number) => {
      if (!isLoopback(address) || !isOurs(port)) refuse(socket, `${name ?? address}:${port}`)
    })
  }
  subscribe(CHANNEL, onSocket)
  return {
    strangers,
    run: (work) => inside.run(true, work),
    [Symbol.dispose]: () => void unsubscribe(CHANNEL, onSocket),
  }
}

const isLoopback = (address: string): boolean => address === '127.0.0.1' || address === '::1'
