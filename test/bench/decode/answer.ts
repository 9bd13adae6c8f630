import { Secret, type Batch, type Http, type ProviderDeclaration } from '@plugboard/sdk'
import { loadProtocol, type Door } from '@plugboard/sdk/protocols'
import { scriptedHostFor } from '../../../plugin-sdk/testing/hosts/index.ts'
import { Arriving } from '../../support/arriving.ts'
import { packetsOf } from '../packets.ts'
import { TOLD } from './told.ts'

const MODEL = 'bench-1'

/** One protocol with one streamed answer, without a network in between. */
export interface Bed {
  /** The answer as its host sends it. */
  readonly packets: readonly Buffer[]
  readonly door: Door
  /** Asks the protocol's provider and reads the whole answer. */
  readonly decode: () => Promise<Batch[]>
}

/** The provider of a protocol, and the bytes with which the test kit's own host answers it. */
export async function bedFor(name: string): Promise<Bed> {
  const declaration: ProviderDeclaration = { id: 'bench', protocol: name, models: [{ id: MODEL, reasoning: true }] }
  const protocol = await loadProtocol(name)
  const host = scriptedHostFor(declaration)
  if (host === undefined) throw new Error(`The test kit has no host that speaks "${name}".`)
  let packets: readonly Buffer[] | undefined
  const http: Http = {
    request({ url, body }) {
      packets ??= packetsOf(
        Buffer.concat(
          host.answer(TOLD, {
            method: 'POST',
            path: url.slice(BASE_URL.length),
            headers: {},
            body: String(body),
            isAnswered: true,
            sent: Promise.resolve(),
            over: Promise.resolve(),
          }).chunks,
        ),
      )
      return Promise.resolve({
        status: 200,
        headers: { 'content-type': 'text/event-stream' },
        body: new Arriving(packets),
      })
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  const provider = protocol.createProvider({
    declaration,
    baseUrl: BASE_URL,
    http,
    apiKey: new Secret('sk-bench'),
    headers: {},
  })
  const model = { ...MODEL_FACTS, id: MODEL, name: MODEL, provider: 'bench', api: name, baseUrl: BASE_URL }
  const request = { model, context: QUESTION, options: {}, stream: true }
  const decode = async (): Promise<Batch[]> => {
    const batches: Batch[] = []
    for await (const batch of provider.stream(request, NEVER) as AsyncIterable<Batch>) batches.push(batch)
    return batches
  }
  await decode()
  return { packets: packets ?? [], door: protocol.door, decode }
}

const BASE_URL = 'http://bench.invalid'
const NEVER = new AbortController().signal
const QUESTION = { messages: [{ role: 'user', content: 'What is a proxy?' }] } as const
const MODEL_FACTS = { input: ['text'], tools: true, reasoning: true } as const
