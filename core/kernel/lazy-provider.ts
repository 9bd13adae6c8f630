import type { Batch, Provider, ProviderEvent, ProviderRequest } from '@plugboard/sdk'

/** A provider that is made at its first call, so that a process only loads the protocols it speaks. */
export function lazyProvider(make: () => Promise<Provider>, listsModels: boolean): Provider {
  let made: Provider | undefined
  let making: Promise<Provider> | undefined
  const provider = (): Promise<Provider> =>
    (making ??= make().then(
      (ready) => (made = ready),
      (error: unknown) => {
        // The next call tries again.
        making = undefined
        throw error
      },
    ))
  async function* first(request: ProviderRequest, signal: AbortSignal): AsyncGenerator<ProviderEvent | Batch> {
    yield* (await provider()).stream(request, signal)
  }
  const lazy: Provider = {
    api: 1,
    stream: (request, signal) => (made === undefined ? first(request, signal) : made.stream(request, signal)),
    ...(listsModels
      ? { listModels: async (signal: AbortSignal) => (await (await provider()).listModels?.(signal)) ?? [] }
      : {}),
  }
  return Object.defineProperty(lazy, 'stopsOnReturn', { get: () => made?.stopsOnReturn })
}
