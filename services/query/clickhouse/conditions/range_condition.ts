import { isIP } from 'node:net'
import { prefixesOf } from '../../../../schemas/derive/address_prefixes.js'
import { rangeIndex } from '../../../../schemas/derive/filter_indexes.js'
import { type AddressRange, addressRange } from '../../../../schemas/streams/ip_address.js'
import type { Comparison } from './tenant_index.js'

/** The condition that a column's address is in one of the ranges, in CIDR notation. */
export function rangeCondition(column: string, parameter: string, values: readonly string[]): Comparison {
  const ranges = values.flatMap((value) => addressRange(value) ?? [])
  const bounds = ranges.flatMap(boundsOf)
  const [first, last, prefix] = ['first', 'last', 'prefix'].map((part) => `${parameter}_${part}`) as [
    string,
    string,
    string,
  ]
  const prefixes = ranges.map(prefixesOf)
  const all = prefixes.includes(undefined) ? undefined : [...new Set(prefixes.flatMap((each) => each ?? []))]
  return {
    sql:
      `arrayExists((first, last) -> toIPv6OrNull(${column}) BETWEEN first AND last, ` +
      `{${first}:Array(IPv6)}, {${last}:Array(IPv6)})`,
    params: {
      [first]: bounds.map(([from]) => from),
      [last]: bounds.map(([, to]) => to),
      ...(all === undefined ? {} : { [prefix]: all }),
    },
    compared:
      all === undefined ? [] : [{ index: rangeIndex(column), array: `{${prefix}:Array(String)}`, count: all.length }],
  }
}

/**
 * The first and the last address, as IPv6. The addresses of IPv4 lie within those of IPv6 (RFC 4291, section 2.5.5.2);
 * a range of IPv6 around them leaves them out.
 */
function boundsOf({ first, last, prefixLength }: AddressRange): readonly (readonly [string, string])[] {
  if (isIP(first) === 4) return [[`::ffff:${first}`, `::ffff:${last}`]]
  if (first !== '::' || prefixLength > 80) return [[first, last]]
  return [
    [first, '::fffe:ffff:ffff'],
    ['::1:0:0:0', last],
  ]
}
