/** Whether a package is there: `installed(() => import.meta.resolve('ai'))`. */
export function installed(resolve: () => string): boolean {
  try {
    resolve()
    return true
  } catch {
    return false
  }
}
