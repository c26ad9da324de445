import { expect, test } from 'vitest'
import { isHmacSha256 } from './signature.js'

/** RFC 4231, test case 2. */
const body = Buffer.from('what do ya want for nothing?')
const signature = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'

test('accepts the signature of the body, in lower and upper case', () => {
  expect(isHmacSha256(signature, body, 'Jefe')).toBe(true)
  expect(isHmacSha256(signature.toUpperCase(), body, 'Jefe')).toBe(true)
})

test.each([
  ['none', undefined],
  ['empty', ''],
  ['wrong in the last digit', signature.replace(/3$/, '4')],
  ['too short', signature.slice(0, -1)],
  ['too long', `${signature}00`],
  ['not hexadecimal', signature.replace('5b', 'zz')],
])('%s is not', (_, wrong) => {
  expect(isHmacSha256(wrong, body, 'Jefe')).toBe(false)
})

test('rejects the signature of another body or with another secret', () => {
  expect(isHmacSha256(signature, Buffer.from('what do ya want for nothing!'), 'Jefe')).toBe(false)
  expect(isHmacSha256(signature, body, 'jefe')).toBe(false)
})
