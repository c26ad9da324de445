import { describe, expect, it } from 'vitest'
import { canonicalText } from './canonical_text.js'

describe('canonicalText', () => {
  it.each(['unknown', 'Unknown', 'null', 'NULL', '-', 'AnonymousUser', ' none '])('%s identifies nobody', (text) => {
    expect(canonicalText({ form: 'identifier' }, text)).toBe('')
    expect(canonicalText({ form: 'address' }, text)).toBe('')
  })

  it.each(['nullius', 'unknown@example.com', 'Ada@Example.com', 'a-b'])('%s stays as it is', (text) => {
    expect(canonicalText({ form: 'identifier' }, text)).toBe(text)
  })

  it.each(['255.255.255.255', '0.0.0.0', '::ffff:255.255.255.255'])('%s is the address of nobody', (text) => {
    expect(canonicalText({ form: 'address' }, text)).toBe('')
  })

  it('text that is no address stays as it is', () => {
    expect(canonicalText({ form: 'address' }, 'host.example')).toBe('host.example')
    expect(canonicalText({ form: 'address' }, '::ffff:192.0.2.1')).toBe('192.0.2.1')
  })

  it('other fields may have any word', () => {
    expect(canonicalText({}, 'unknown')).toBe('unknown')
  })
})
