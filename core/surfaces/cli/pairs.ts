import { InvalidArgumentError } from 'commander'

export type Pairs = Readonly<Record<string, string>>

/** Collects arguments written as `name=value`. */
export function addPair(pair: string, before: Pairs): Pairs {
  const at = pair.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Write it as name=value.')
  return { ...before, [pair.slice(0, at)]: pair.slice(at + 1) }
}
