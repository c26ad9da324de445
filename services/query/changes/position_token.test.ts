import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeToken, encodeToken, TokenFault } from './position_token.js'

const TOPIC = '0190f3c8-7b1e-7c3a-9d2e-112233445566'

/** A token of this body, with a right checksum: as somebody would make one who knows how. */
function forged(...bytes: number[]): string {
  const body = Buffer.from(bytes)
  return Buffer.concat([body, createHash('sha256').update(body).digest().subarray(0, 4)]).toString('base64url')
}

function faultOf(text: string): string {
  try {
    decodeToken('s', text)
  } catch (error) {
    if (error instanceof TokenFault) return error.message
    throw error
  }
  throw new Error('The token was not refused.')
}

describe('a token', () => {
  it('decodes to the position that it was encoded from', () => {
    const offsets = fc.array(fc.maxSafeNat(), { maxLength: 20 })
    fc.assert(
      fc.property(fc.dictionary(fc.uuid(), offsets), (topics) => {
        const position = new Map(Object.entries(topics))
        expect(decodeToken('auth_audits', encodeToken('auth_audits', position))).toEqual(position)
      }),
    )
  })

  it('is short, and safe in a URL and a header', () => {
    const token = encodeToken('auth_audits', new Map([[TOPIC, Array(6).fill(1_000_000_000)]]))
    expect(token).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(token.length).toBeLessThan(100)
  })

  it('belongs to one stream', () => {
    expect(faultOf(encodeToken('other', new Map()))).toBe('belongs to the stream other, not to s')
  })
})

describe('an invalid token', () => {
  it('is any text that was not encoded here', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(faultOf(text)).toBe('is not whole, or none of Gatelog’s')
      }),
    )
  })

  it('is a token with one character changed, removed or added', () => {
    const token = encodeToken('s', new Map([[TOPIC, [1, 2, 300]]]))
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'A' ? 'B' : 'A'
      for (const replacement of [other, '', `${token[at]}A`]) {
        const changed = token.slice(0, at) + replacement + token.slice(at + 1)
        // The last character of base64url may have bits that stand for nothing.
        if (Buffer.from(changed, 'base64url').equals(Buffer.from(token, 'base64url'))) continue
        expect(faultOf(changed), changed).toBeTruthy()
      }
    }
  })

  it.each([
    ['of another version', [2], 'is of another version of Gatelog'],
    ['that ends early', [1, 1, 115, 1, 7], 'is not whole, or none of Gatelog’s'],
    ['that claims to be endless', [1, 1, 115, 0xff, 0xff, 0xff, 0xff, 0x7f], 'is not whole, or none of Gatelog’s'],
    ['with a number past all', [1, ...Array(12).fill(0xff), 1], 'is not whole, or none of Gatelog’s'],
    ['that goes on', [1, 1, 115, 0, 0], 'is not whole, or none of Gatelog’s'],
  ])('is one %s', (_name, bytes, fault) => {
    expect(faultOf(forged(...bytes))).toBe(fault)
  })
})
