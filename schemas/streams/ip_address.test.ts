import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressRange, canonicalAddress } from './ip_address.js'

describe('canonicalAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['192.0.2.1:51822', '192.0.2.1'],
    ['203.0.113.5, 192.0.2.201', '203.0.113.5'],
    ['unknown, 203.0.113.5', '203.0.113.5'],
    ['2001:0DB8:00CA:0000:0000:0000:0000:000F', '2001:db8:ca::f'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    [' 192.0.2.1 ', '192.0.2.1'],
    ['::1', '::1'],
  ])('%s is %s', (text, canonical) => expect(canonicalAddress(text)).toBe(canonical))

  it.each([
    '',
    'unknown',
    'localhost',
    '1',
    '192.0.2',
    '0x7f.1',
    '010.0.0.1',
    '192.0.2.256',
    '1.2.3.4.5',
    ':1',
    'ada@example.com',
  ])('%s is none', (text) => expect(canonicalAddress(text)).toBeUndefined())

  it('is its own canonical form', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const canonical = canonicalAddress(address)
        expect(canonical).toBeDefined()
        expect(canonicalAddress(canonical as string)).toBe(canonical)
      }),
    )
  })
})

describe('addressRange', () => {
  it.each([
    ['192.0.2.0/24', '192.0.2.0', '192.0.2.255'],
    ['192.0.2.77/24', '192.0.2.0', '192.0.2.255'],
    ['192.0.2.77/32', '192.0.2.77', '192.0.2.77'],
    ['10.0.0.0/9', '10.0.0.0', '10.127.255.255'],
    ['0.0.0.0/0', '0.0.0.0', '255.255.255.255'],
    ['2001:db8::/32', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['::ffff:192.0.2.0/120', '192.0.2.0', '192.0.2.255'],
  ])('%s is %s to %s', (text, first, last) => expect(addressRange(text)).toMatchObject({ first, last }))

  it.each([
    '192.0.2.0',
    '192.0.2.0/33',
    '192.0.2.0/',
    '192.0.2.0/-1',
    '::/129',
    'a/8',
    '192.0.2.0/8/8',
    '::ffff:192.0.2.0/24',
  ])('%s is none', (text) => expect(addressRange(text)).toBeUndefined())
})
