import { isIP } from 'node:net'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { expect, it } from 'vitest'
import { type AddressRange, addressRange } from '../streams/ip_address.js'
import { prefixesOf } from './address_prefixes.js'

const prefixes = (cidr: string) => prefixesOf(addressRange(cidr) as AddressRange)

it.each([
  ['192.0.2.1/32', ['::ffff:192.0.2.0']],
  ['192.0.2.0/24', ['::ffff:192.0.2.0']],
  ['192.0.2.0/23', ['::ffff:192.0.2.0', '::ffff:192.0.3.0']],
  ['192.0.16.0/20', ['::ffff:192.0.0.0']],
  ['192.2.0.0/15', ['::ffff:192.2.0.0', '::ffff:192.3.0.0']],
  ['2001:db8:1:2::/64', ['2001:db8:1::']],
  ['2001:db8:1::/48', ['2001:db8:1::']],
  ['2001:db8:2::/47', ['2001:db8:2::', '2001:db8:3::']],
  ['2001:db8:100::/40', ['2001:db8::']],
  ['2001:db8::/32', ['2001:db8::']],
  ['2001:db8::/31', ['2001:db8::', '2001:db9::']],
])('the prefixes of %s are %j', (cidr, expected) => {
  expect(prefixes(cidr)).toEqual(expected)
})

it.each([
  ['10.0.0.0/10', 64],
  ['2001:d00::/26', 64],
])('%s has %i prefixes', (cidr, count) => {
  expect(prefixes(cidr)).toHaveLength(count)
})

it.each(['10.0.0.0/9', '0.0.0.0/0', '::/0', '2001:d00::/25'])('%s has too many', (cidr) => {
  expect(prefixes(cidr)).toBeUndefined()
})

it('every address of a range has one of its prefixes', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  fc.assert(
    fc.property(fc.oneof(bytes(4), bytes(16)), fc.integer({ min: 0, max: 128 }), (address, length) => {
      const text = ipaddr.fromByteArray([...address]).toString()
      const range = addressRange(`${text}/${length % (isIP(text) === 4 ? 33 : 129)}`)
      const found = range && prefixesOf(range)
      if (range === undefined || found === undefined) return
      const lengths = isIP(range.first) === 4 ? [112, 120] : [32, 48]
      for (const each of [range.first, range.last, ipaddr.process(text).toString()]) {
        const whole = isIP(each) === 4 ? ipaddr.IPv4.parse(each).toIPv4MappedAddress() : ipaddr.IPv6.parse(each)
        const isIn = ([prefix, bits]: readonly [string, number]) =>
          whole.match(ipaddr.parse(prefix) as ipaddr.IPv6, bits)
        expect(found.flatMap((prefix) => lengths.map((bits) => [prefix, bits] as const)).some(isIn)).toBe(true)
      }
    }),
  )
})
