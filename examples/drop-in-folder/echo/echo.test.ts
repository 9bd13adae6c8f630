// node --test
import { test } from 'node:test'
import { assertConforms, testProvider } from '@plugboard/sdk/testing'

void test('echo keeps the contract of Plugboard', async () => {
  assertConforms(await testProvider({ dir: import.meta.dirname }))
})
