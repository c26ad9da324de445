import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPositionTokens, type PositionTokens, TokenFault } from './position_token.js'

const TOPIC = '0190f3c8-7b1e-7c3a-9d2e-112233445566'
const [KEY, OTHER_KEY] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
const UNKNOWN = 'is incomplete, or from another installation or version of Gatelog'
const tokens = createPositionTokens([KEY])

function faultOf(text: string, of: PositionTokens = tokens): string {
  try {
    of.decode('s', text)
  } catch (error) {
    if (error instanceof TokenFault) return error.message
    throw error
  }
  throw new Error('The token was not rejected.')
}

describe('a token', () => {
  it('decodes to the position that it was encoded from', () => {
    const offsets = fc.array(fc.maxSafeNat(), { maxLength: 20 })
    fc.assert(
      fc.property(fc.dictionary(fc.uuid(), offsets), (topics) => {
        const position = new Map(Object.entries(topics))
        expect(tokens.decode('auth_audits', tokens.encode('auth_audits', position))).toEqual(position)
      }),
    )
  })

  it('is short, and safe in a URL and a header', () => {
    const token = tokens.encode('auth_audits', new Map([[TOPIC, Array(6).fill(1_000_000_000)]]))
    expect(token).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(token.length).toBeLessThan(100)
  })

  it('of a thousand partitions fits into a header', () => {
    const position = new Map([[TOPIC, Array.from({ length: 1_000 }, (_, index) => index * 1_000_000_000)]])
    const token = tokens.encode('auth_audits', position)
    expect(token.length).toBeLessThan(8_000)
    expect(tokens.decode('auth_audits', token)).toEqual(position)
  })

  it('belongs to one stream', () => {
    expect(faultOf(tokens.encode('other', new Map()))).toBe('belongs to the stream other, not to s')
  })

  it('is the same for the same position', () => {
    const position = new Map([[TOPIC, [1, 2, 3]]])
    expect(tokens.encode('s', position)).toBe(createPositionTokens([KEY]).encode('s', new Map(position)))
  })

  it('shows nothing of the offsets, neither in its bytes nor in its length', () => {
    const offsets = fc.array(fc.nat({ max: 1_000_000_000_000 }), { minLength: 6, maxLength: 6 })
    fc.assert(
      fc.property(offsets, offsets, (a, b) => {
        const [first, second] = [a, b].map((each) => tokens.encode('s', new Map([[TOPIC, each]])))
        expect(first?.length).toBe(second?.length)
        // Equal offsets in the same place would have equal bytes without encryption.
        if (a.join() !== b.join()) expect(Buffer.from(String(first), 'base64url').includes(uuidOf(TOPIC))).toBe(false)
      }),
    )
    const near = [1, 2].map((offset) => Buffer.from(tokens.encode('s', new Map([[TOPIC, [offset]]])), 'base64url'))
    const [one, two] = near as [Buffer, Buffer]
    const same = [...one.subarray(1)].filter((byte, index) => byte === two[index + 1]).length
    expect(same).toBeLessThan(10)
  })

  it('of an earlier key is read, and new ones have the first key', () => {
    const position = new Map([[TOPIC, [7]]])
    const earlier = tokens.encode('s', position)
    const rotated = createPositionTokens([OTHER_KEY, KEY])
    expect(rotated.decode('s', earlier)).toEqual(position)
    expect(createPositionTokens([OTHER_KEY]).decode('s', rotated.encode('s', position))).toEqual(position)
    expect(faultOf(earlier, createPositionTokens([OTHER_KEY]))).toBe(UNKNOWN)
  })
})

describe('an invalid token', () => {
  it('is any text that was not encoded here', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(faultOf(text)).toBe(UNKNOWN)
      }),
    )
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 200 })
    fc.assert(
      fc.property(bytes, (forged) => {
        expect(faultOf(Buffer.from([2, ...forged]).toString('base64url'))).toBe(UNKNOWN)
      }),
    )
  })

  it('is a token with one character changed, removed or added', () => {
    const token = tokens.encode('s', new Map([[TOPIC, [1, 2, 300]]]))
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'A' ? 'B' : 'A'
      for (const replacement of [other, '', `${token[at]}A`]) {
        const changed = token.slice(0, at) + replacement + token.slice(at + 1)
        // The last character of base64url may have bits that stand for nothing.
        if (Buffer.from(changed, 'base64url').equals(Buffer.from(token, 'base64url'))) continue
        expect(faultOf(changed), changed).toBe(UNKNOWN)
      }
    }
  })

  it('is one of another version', () => {
    const bytes = Buffer.from(tokens.encode('s', new Map()), 'base64url')
    bytes[0] = 1
    expect(faultOf(bytes.toString('base64url'))).toBe(UNKNOWN)
  })

  it('is one that is longer than any real one', () => {
    expect(faultOf('A'.repeat(64 * 1024 + 1))).toBe(UNKNOWN)
  })
})

function uuidOf(text: string): Buffer {
  return Buffer.from(text.replaceAll('-', ''), 'hex')
}
