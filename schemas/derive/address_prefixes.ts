import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { AddressRange } from '../streams/ip_address.js'

/*
 * A table has an index over prefixes of addresses: with it, a filter by a range reads the granules that have one of the
 * range's prefixes. Few lengths are indexed, so a range is covered by a few prefixes that are longer than its own, or
 * by one that is shorter.
 */

/** The lengths of the indexed prefixes, the longest first. */
const LENGTHS = { 4: [24, 16], 6: [48, 32] } as const

/** A granule has many prefixes: with more of them, a shorter one excludes more granules. */
const FEW = 8
/** With more prefixes than these, nearly every granule seems to have one. */
const MOST = 64

/** SQL of the prefixes of a column's address, as text. Text that is no address has that of `::`. */
export function addressPrefixesSql(column: string): readonly string[] {
  // The numbers say how many bytes are cut off, of IPv6 and of IPv4.
  return ['10, 1', '12, 2'].map((cut) => `cutIPv6(toIPv6OrDefault(${column}), ${cut})`)
}

/**
 * Prefixes as `addressPrefixesSql` returns them: every address of the range has one of them. Undefined where there
 * would be too many.
 */
export function prefixesOf(range: AddressRange): readonly string[] | undefined {
  const version = isIP(range.first) === 4 ? 4 : 6
  const longer = LENGTHS[version].findLast((length) => length >= range.prefixLength)
  const shorter = LENGTHS[version].find((length) => length <= range.prefixLength)
  const count = longer === undefined ? Number.POSITIVE_INFINITY : 2 ** (longer - range.prefixLength)
  if (longer !== undefined && count <= FEW) return prefixesFrom(range.first, longer, count)
  if (shorter !== undefined) return prefixesFrom(range.first, shorter, 1)
  return longer !== undefined && count <= MOST ? prefixesFrom(range.first, longer, count) : undefined
}

/** So many prefixes of one length, from that of an address on. */
function prefixesFrom(address: string, length: number, count: number): readonly string[] {
  const bytes = ipaddr.parse(address).toByteArray()
  const step = 1n << BigInt(bytes.length * 8 - length)
  const number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
  const first = number - (number % step)
  return Array.from({ length: count }, (_, index) => prefixText(first + BigInt(index) * step, bytes.length))
}

function prefixText(number: bigint, length: number): string {
  const bytes = Array.from({ length }, (_, index) => Number((number >> BigInt((length - 1 - index) * 8)) & 255n))
  const address = ipaddr.fromByteArray(bytes)
  return address.kind() === 'ipv4' ? `::ffff:${address}` : (address as ipaddr.IPv6).toRFC5952String()
}
