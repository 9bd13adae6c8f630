import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { PlugboardError } from '@plugboard/sdk'
import type { Store } from '../store/store.ts'
import { ledgerReads, type LedgerReads } from './read-ledger.ts'

/** Milliseconds after the last query at which the thread and its memory are given back. */
const IDLE_MS = 10_000

interface Waiting {
  readonly resolve: (answer: never) => void
  readonly reject: (error: Error) => void
}

type Reply = { readonly id: number } & ({ readonly answer: never } | { readonly error: string })

/** Reads the ledger in a thread that is started when it is needed; a database in memory, which no other thread sees, in place. */
export class LedgerReader implements AsyncDisposable {
  readonly #store: Store
  readonly #waiting = new Map<number, Waiting>()
  #thread: Worker | undefined
  #idle: NodeJS.Timeout | undefined
  #asked = 0
  #closed = false

  constructor(store: Store) {
    this.#store = store
  }

  async read<K extends keyof LedgerReads>(
    what: K,
    about: Parameters<LedgerReads[K]>[0],
  ): Promise<ReturnType<LedgerReads[K]>> {
    if (this.#closed) throw readFailed('it is closed')
    const file = this.#store.db.location()
    if (file === null) return ledgerReads(this.#store.db)[what](about as never) as ReturnType<LedgerReads[K]>
    const thread = (this.#thread ??= this.#start(file))
    clearTimeout(this.#idle)
    thread.ref()
    const id = ++this.#asked
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      thread.postMessage({ id, what, about })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearTimeout(this.#idle)
    const thread = this.#thread
    if (thread === undefined) return
    // At once: until it is stopped, the thread may still answer.
    this.#ended(thread, STOPPED)
    await thread.terminate()
  }

  #start(file: string): Worker {
    const url = new URL(`./reader-thread${extname(import.meta.url)}`, import.meta.url)
    const thread = new Worker(url, { workerData: { file } })
    thread.on('message', (reply: Reply) => this.#answered(reply))
    let reason = STOPPED
    thread.on('error', (error: Error) => {
      reason = error.message
    })
    thread.on('exit', () => this.#ended(thread, reason))
    return thread
  }

  #answered(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if ('error' in reply) waiting?.reject(readFailed(reply.error))
    else waiting?.resolve(reply.answer)
    if (this.#waiting.size > 0 || this.#closed) return
    // Nobody waits, so nothing keeps the process alive.
    this.#thread?.unref()
    this.#idle = setTimeout(() => void this.#thread?.terminate(), IDLE_MS).unref()
  }

  #ended(thread: Worker, reason: string): void {
    if (this.#thread === thread) this.#thread = undefined
    for (const { reject } of this.#waiting.values()) reject(readFailed(reason))
    this.#waiting.clear()
  }
}

const STOPPED = 'it was stopped'

const readFailed = (reason: string): PlugboardError =>
  new PlugboardError('USAGE_READ_FAILED', `The ledger could not be read: ${reason}.`, {
    hint: 'Ask again; when it stays, check the data folder and its free space.',
  })
