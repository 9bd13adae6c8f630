import { createGateway, createPlugboard, type Gateway, type Plugboard, type PlugboardOptions } from 'plugboard'
import { tempDir, type TempDir } from './temp-dir.ts'

export interface RunningGateway extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  readonly key: string
  readonly plugboard: Plugboard
  readonly gateway: Gateway
  readonly dataDir: TempDir
  /** A request with the key; `body` is sent as JSON. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>
  get(path: string): Promise<Response>
}

/** The real gateway in this process, on a free port and a data folder of its own. */
export async function startGateway(options: PlugboardOptions = {}): Promise<RunningGateway> {
  const dataDir = await tempDir()
  const plugboard = await createPlugboard({
    dataDir: dataDir.path,
    hostDir: false,
    env: {},
    logLevel: 'silent',
    ...options,
  })
  const gateway = await createGateway(plugboard)
  const { url } = await gateway.listen({ port: 0, host: '127.0.0.1' })
  const key = plugboard.keys.add('test').secret
  const authorization = `Bearer ${key}`
  return {
    url,
    key,
    plugboard,
    gateway,
    dataDir,
    post: (path, body, headers = {}) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    get: (path) => fetch(`${url}${path}`, { headers: { authorization } }),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await plugboard[Symbol.asyncDispose]()
      await dataDir.remove()
    },
  }
}

/** Settings that point the openai plugin at a local upstream. */
export const openaiAt = (upstream: { readonly url: string }): PlugboardOptions => ({
  settings: { openai: { apiKey: 'sk-test-0123456789abcdef', baseUrl: upstream.url } },
})
