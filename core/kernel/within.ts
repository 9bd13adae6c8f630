/**
 * The result of the work, or a rejection with `late()` when it takes longer than `ms`. The work itself cannot be stopped;
 * what becomes of it afterwards is nobody's business.
 */
export async function within<T>(ms: number, work: T | Promise<T>, late: () => Error): Promise<T> {
  const limit = Promise.withResolvers<never>()
  const timer = setTimeout(() => limit.reject(late()), ms)
  try {
    return await Promise.race([work, limit.promise])
  } finally {
    clearTimeout(timer)
  }
}
