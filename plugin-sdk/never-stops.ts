/**
 * The signal of a request that is stopped in another way. Whoever is given it need not listen: making a signal and
 * listening to it for each call costs as much as all the bookkeeping of its answer.
 */
export const neverStops: AbortSignal = new AbortController().signal
