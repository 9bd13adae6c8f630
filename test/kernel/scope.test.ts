import { describe, expect, it } from 'vitest'
import { Scope, token } from '../../core/index.ts'
import { collectGarbage } from './collect.ts'

interface Named {
  readonly name: string
}
const First = token<Named>('test.first')
const Second = token<Named>('test.second')

/** A service that writes its name down when it is disposed. */
const closing = (name: string, log: string[]): Named & Disposable => ({
  name,
  [Symbol.dispose]: () => {
    log.push(name)
  },
})

describe('a scope', () => {
  it('builds a service once, at first use', () => {
    const scope = new Scope()
    let built = 0
    scope.provide(First, () => ({ name: `${++built}` }))
    expect(built).toBe(0)
    expect(scope.get(First)).toBe(scope.get(First))
    expect(scope.child().get(First)).toBe(scope.get(First))
    expect(built).toBe(1)
  })

  it('lets a later registration win', () => {
    const scope = new Scope().value(First, { name: 'ours' })
    expect(scope.value(First, { name: 'theirs' }).get(First).name).toBe('theirs')
  })

  it('says which service is missing', () => {
    expect(() => new Scope().get(First)).toThrow(/test\.first/)
  })

  it('keeps what a child provides from its parent and its siblings', () => {
    const parent = new Scope().value(First, { name: 'parent' })
    const child = parent.child().value(First, { name: 'child' })
    expect(child.get(First).name).toBe('child')
    expect(parent.get(First).name).toBe('parent')
    expect(parent.child().get(First).name).toBe('parent')
  })

  it('builds a service from the scope that provides it, so that it cannot hold on to a child', async () => {
    const log: string[] = []
    const parent = new Scope()
      .value(Second, { name: 'of the parent' })
      .provide(First, (scope) => ({ ...closing('service', log), name: scope.get(Second).name }))
    const child = parent.child().value(Second, { name: 'of the child' })
    expect(child.get(First).name).toBe('of the parent')
    await child[Symbol.asyncDispose]()
    expect(log).toEqual([])
    await parent[Symbol.asyncDispose]()
    expect(log).toEqual(['service'])
  })
})

describe('disposing a scope', () => {
  it('undoes newest first, waiting for each', async () => {
    const log: string[] = []
    const scope = new Scope()
    scope.provide(First, () => closing('first', log)).provide(Second, (own) => (own.get(First), closing('second', log)))
    scope.defer(async () => {
      await Promise.resolve()
      log.push('deferred early')
    })
    scope.get(Second)
    scope.defer(() => {
      log.push('deferred late')
    })
    await scope[Symbol.asyncDispose]()
    expect(log).toEqual(['deferred late', 'second', 'first', 'deferred early'])
  })

  it('disposes children before their parent, the newest child first', async () => {
    const log: string[] = []
    const parent = new Scope()
    parent.own(closing('parent', log))
    const older = parent.child()
    older.own(closing('older', log))
    older.child().own(closing('grandchild', log))
    parent.child().own(closing('newer', log))
    await parent[Symbol.asyncDispose]()
    expect(log).toEqual(['newer', 'grandchild', 'older', 'parent'])
  })

  it('leaves alone what somebody else owns', async () => {
    const log: string[] = []
    const scope = new Scope().value(First, closing('foreign', log))
    scope.get(First)
    await scope[Symbol.asyncDispose]()
    expect(log).toEqual([])
  })

  it('does not build what was never used', async () => {
    let built = false
    const scope = new Scope().provide(First, () => ((built = true), { name: 'x' }))
    await scope[Symbol.asyncDispose]()
    expect(built).toBe(false)
  })

  it('undoes everything also when something fails, and then tells', async () => {
    const log: string[] = []
    const parent = new Scope()
    parent.own(closing('parent', log))
    parent.child().own(closing('older', log))
    const failing = parent.child()
    failing.own(closing('failing', log))
    failing.defer(() => {
      throw new Error('the undo failed')
    })
    await expect(parent[Symbol.asyncDispose]()).rejects.toThrow('the undo failed')
    expect(log).toEqual(['failing', 'older', 'parent'])
  })

  it('undoes nothing twice', async () => {
    const log: string[] = []
    const parent = new Scope()
    const child = parent.child()
    child.own(closing('child', log))
    await child[Symbol.asyncDispose]()
    await child[Symbol.asyncDispose]()
    await parent[Symbol.asyncDispose]()
    expect(log).toEqual(['child'])
  })

  it('lets go of children that were disposed', async () => {
    const parent = new Scope()
    const child = await disposedChild(parent)
    await collectGarbage()
    expect(child.deref()).toBeUndefined()
    await parent[Symbol.asyncDispose]()
  })
})

async function disposedChild(parent: Scope): Promise<WeakRef<Scope>> {
  const child = parent.child()
  await child[Symbol.asyncDispose]()
  return new WeakRef(child)
}
