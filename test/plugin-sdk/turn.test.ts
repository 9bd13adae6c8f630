import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { endOfTurn } from '../../plugin-sdk/index.ts'

describe('the end of a turn of the event loop', () => {
  it('comes for all who wait at once, in their order, step by step', async () => {
    const steps: string[] = []
    const work = async (name: string): Promise<void> => {
      await endOfTurn()
      steps.push(`${name} first`)
      await Promise.resolve()
      steps.push(`${name} second`)
    }
    await Promise.all(['a', 'b', 'c'].map(work))
    expect(steps).toEqual(['a first', 'b first', 'c first', 'a second', 'b second', 'c second'])
  })

  it('comes after what is still to do in this one', async () => {
    const order: string[] = []
    const turn = endOfTurn().then(() => order.push('end of the turn'))
    process.nextTick(() => order.push('tick'))
    await turn
    expect(order).toEqual(['tick', 'end of the turn'])
  })

  it('is another one for who waits again', async () => {
    const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const socket = connect((server.address() as { port: number }).port, '127.0.0.1')
    let arrived = false
    socket.on('data', () => (arrived = true))
    let turns = 0
    while (!arrived && turns < 100_000) {
      await endOfTurn()
      turns++
    }
    expect(turns).toBeGreaterThan(1)
    expect(arrived).toBe(true)
    socket.destroy()
    server.close()
  })
})
