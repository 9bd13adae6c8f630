import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { RecordedConnection } from './recording.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Records every connection of a server, and who closed it. */
export function recordConnections(server: Server): {
  readonly list: readonly RecordedConnection[]
  of(socket: Socket): RecordedConnection
} {
  const list: RecordedConnection[] = []
  const bySocket = new WeakMap<Socket, RecordedConnection>()

  server.on('connection', (socket: Socket) => {
    const connection: Mutable<RecordedConnection> = {
      index: list.length,
      openedAt: performance.now(),
      closedAt: undefined,
      closedBy: undefined,
    }
    list.push(connection)
    bySocket.set(socket, connection)
    const byClient = (): void => {
      connection.closedBy ??= 'client'
    }
    socket.once('end', byClient).once('error', byClient)
    socket.once('close', () => {
      connection.closedAt = performance.now()
      connection.closedBy ??= 'upstream'
    })
  })

  return {
    list,
    of(socket) {
      const connection = bySocket.get(socket)
      if (connection === undefined) throw new Error('a request came on a socket that never connected')
      return connection
    },
  }
}
