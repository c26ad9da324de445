import { expect, it } from 'vitest'
import { rangeCondition } from './range_condition.js'

it('compares addresses as numbers, and names the prefixes for the index', () => {
  const { sql, params, compared } = rangeCondition('source_ip', 'source_ip', ['192.0.2.0/24', '2001:db8::/32'])
  expect(sql).toBe(
    'arrayExists((first, last) -> toIPv6OrNull(source_ip) BETWEEN first AND last, ' +
      '{source_ip_first:Array(IPv6)}, {source_ip_last:Array(IPv6)})',
  )
  expect(params).toEqual({
    source_ip_first: ['::ffff:192.0.2.0', '2001:db8::'],
    source_ip_last: ['::ffff:192.0.2.255', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
    source_ip_prefix: ['::ffff:192.0.2.0', '2001:db8::'],
  })
  expect(compared).toMatchObject([{ array: '{source_ip_prefix:Array(String)}', count: 2 }])
})

it('uses no index where one of the ranges has too many prefixes', () => {
  const { params, compared } = rangeCondition('source_ip', 'source_ip', ['192.0.2.0/24', '10.0.0.0/8'])
  expect(compared).toEqual([])
  expect(Object.keys(params)).toEqual(['source_ip_first', 'source_ip_last'])
})

it('leaves the addresses of IPv4 out of ranges of IPv6', () => {
  expect(rangeCondition('source_ip', 'source_ip', ['::/0']).params).toEqual({
    source_ip_first: ['::', '::1:0:0:0'],
    source_ip_last: ['::fffe:ffff:ffff', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  })
})
