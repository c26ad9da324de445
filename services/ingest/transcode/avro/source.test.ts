import { expect, it } from 'vitest'
import { Source } from './source.js'

const strict = new TextDecoder('utf-8', { fatal: true })

function isText(text: Uint8Array): boolean {
  // Neighboring bytes that are not valid UTF-8.
  const source = new Source(Buffer.concat([Buffer.from([0xff]), text, Buffer.from([0x80])]))
  return source.isText(1, 1 + text.length)
}

it('accepts ASCII of any length', () => {
  for (let length = 0; length < 20; length++) expect(isText(Buffer.alloc(length, 'x'))).toBe(true)
})

it('finds an invalid byte at any position', () => {
  for (let length = 1; length < 20; length++) {
    for (let at = 0; at < length; at++) {
      const text = Buffer.alloc(length, 'x')
      text[at] = 0x80
      expect(isText(text)).toBe(false)
    }
  }
})

it.each([
  ['two bytes', 'c3a9'],
  ['three bytes', 'e6a0aa'],
  ['four bytes', 'f09f9880'],
  ['the last code point', 'f48fbfbf'],
  ['a byte order mark', 'efbbbf'],
  ['one past the last code point', 'f4908080'],
  ['a surrogate', 'eda080'],
  ['an overlong slash', 'c0af'],
  ['an overlong of three bytes', 'e080af'],
  ['a sequence that ends early', 'e6a0'],
  ['a lone continuation', 'a0'],
  ['a byte that is never used', 'ff'],
])('agrees with the platform about %s', (_, hex) => {
  for (const before of ['', 'a', 'abc', 'abcdefg']) {
    const text = Buffer.concat([Buffer.from(before), Buffer.from(hex, 'hex'), Buffer.from(before)])
    let wellFormed = true
    try {
      strict.decode(text)
    } catch {
      wellFormed = false
    }
    expect(isText(text)).toBe(wellFormed)
  }
})

it('rejects more bytes than 32 bits can address', () => {
  expect(() => new Source(new Uint8Array(2 ** 31))).toThrow(RangeError)
})
