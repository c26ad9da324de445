import { expect, test } from 'vitest'
import { isBearerSecret, isHmac } from './signature.js'

/** RFC 4231 and RFC 2202, test case 2 of each. */
const body = Buffer.from('what do ya want for nothing?')
const sha256 = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
const sha1 = 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'

test.each([sha256, sha1])('accepts the signature %s of the body, in lower and upper case', (signature) => {
  expect(isHmac(signature, body, ['Jefe'])).toBe(true)
  expect(isHmac(signature.toUpperCase(), body, ['Jefe'])).toBe(true)
})

test('accepts each of several secrets', () => {
  expect(isHmac(sha256, body, ['older', 'Jefe'])).toBe(true)
  expect(isHmac(sha256, body, ['Jefe', 'newer'])).toBe(true)
  expect(isHmac(sha256, body, [])).toBe(false)
})

test.each([
  ['none', undefined],
  ['empty', ''],
  ['wrong in the last digit', sha256.replace(/3$/, '4')],
  ['too short', sha256.slice(0, -1)],
  ['as long as SHA-1', sha256.slice(0, 40)],
  ['too long', `${sha256}00`],
  ['not hexadecimal', sha256.replace('5b', 'zz')],
])('%s is not', (_, wrong) => {
  expect(isHmac(wrong, body, ['Jefe'])).toBe(false)
})

test('rejects the signature of another body or with another secret', () => {
  expect(isHmac(sha256, Buffer.from('what do ya want for nothing!'), ['Jefe'])).toBe(false)
  expect(isHmac(sha256, body, ['jefe'])).toBe(false)
})

test.each<[string | undefined, boolean]>([
  ['Bearer made-up-secret', true],
  ['bearer  made-up-secret', true],
  ['made-up-secret', true],
  ['Bearer made-up-secre', false],
  ['Bearer ', false],
  ['', false],
  [undefined, false],
])('the header %s carries the secret: %s', (authorization, fits) => {
  expect(isBearerSecret(authorization, ['another', 'made-up-secret'])).toBe(fits)
})
