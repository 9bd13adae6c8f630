import { describe, it, expect } from 'vitest'
import { startBench } from '../fixtures-plugins.ts'
import { startNode } from '../support/process.ts'
import { until } from '../support/until.ts'
import { HALF, bad } from './bad-provider.ts'

const CLI = new URL('../../core/surfaces/cli/plugboard.js', import.meta.url).pathname

describe.concurrent('a plugin that fails where nobody waits for it', () => {
  it.each([
    ['a promise it forgot', `Promise.reject(new Error('stray'))`],
    ['a promise it forgot, rejected with nothing', 'Promise.reject()'],
    ['a timer', `setTimeout(() => { throw new Error('stray') }, 1)`],
    ['a listener of its signal', `signal.addEventListener('abort', () => { throw new Error('stray') })`],
  ])('in %s does not take the gateway with it', async (_name, stray) => {
    await using bench = await startBench(
      { bad: bad(`${stray}; ${HALF}; await new Promise(() => {})`) },
      { watch: false },
    )
    await using gateway = startNode([CLI, 'serve', '--port', '0', '--json'], {
      env: { PLUGBOARD_HOME: bench.dir.at('data'), PLUGBOARD_API_KEY: 'a-key-for-this-test', LOG_LEVEL: 'error' },
      cwd: bench.dir.path,
    })
    const [, url = ''] = await gateway.line(/"url": "([^"]+)"/)
    const chat = (model: string, signal?: AbortSignal): Promise<Response> =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: 'Bearer a-key-for-this-test', 'content-type': 'application/json' },
        body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hello' }] }),
        ...(signal === undefined ? {} : { signal }),
      })
    const leaving = new AbortController()
    const response = await chat('bad:demo', leaving.signal)
    expect(response.status).toBe(200)
    await response.body?.getReader().read()
    leaving.abort()
    await until(() => gateway.stderr.includes('stray') || gateway.stderr.includes('nobody was waiting'))
    expect(await (await chat('sandbox:demo')).text()).toContain('[DONE]')
  })
})
