import { format, inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret, redact } from '../../plugin-sdk/index.ts'

const value = 'sk-0123456789abcdefvX2Q'
const secret = new Secret(value)

describe('a secret', () => {
  it('gives its value only to who asks for it', () => {
    expect(secret.reveal()).toBe(value)
  })

  it.each([
    ['text', () => `${String(secret)} ${[secret].join()}`],
    ['JSON', () => JSON.stringify({ secret })],
    ['an inspection', () => inspect({ secret }, { depth: 9, showHidden: true })],
    ['a log line', () => format('%s %o %j', secret, secret, secret)],
    ['a copy', () => JSON.stringify([Object.assign({}, secret), structuredClone(secret)])],
    ['its keys', () => JSON.stringify(Object.entries(secret))],
    ['an error', () => String(new Error('x', { cause: secret }).cause)],
  ])('does not become text through %s', (_name, write) => {
    expect(write()).not.toContain('0123456789')
  })

  it('shows enough to be told apart, and nothing when it is short', () => {
    expect(secret.masked).toBe('sk-...vX2Q')
    expect(new Secret('a'.repeat(30)).masked).toBe('...aaaa')
    expect(new Secret('short-secret').masked).toBe('...')
  })
})

describe('a text that a provider echoes', () => {
  it('is cleaned of every occurrence of every secret', () => {
    const other = new Secret('other-secret-0123456789')
    const text = `${value} and ${value}, then ${other.reveal()}`
    expect(redact(text, [secret, other])).toBe('sk-...vX2Q and sk-...vX2Q, then other-...6789')
  })

  it('is left alone by an empty secret', () => {
    expect(redact('text', [new Secret('')])).toBe('text')
  })
})
