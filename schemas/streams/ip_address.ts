import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * The one form of an IP address: IPv4 in dotted decimal, IPv6 as RFC 5952 has it, an IPv4-mapped address (RFC 4291,
 * section 2.5.5.2) as IPv4; without a port, brackets or a zone. Undefined when the text is no address.
 *
 * Of a list, as `X-Forwarded-For` has it, it is the first entry that is an address: the client, as the first proxy saw
 * it.
 */
export function canonicalAddress(text: string): string | undefined {
  // Most addresses are this already, and the parser takes a while.
  if (DOTTED_DECIMAL.test(text)) return text
  for (const entry of text.split(',')) {
    const address = withoutPort(entry.trim())
    if (isIP(address) !== 0) return formatted(address)
  }
  return undefined
}

const DOTTED_DECIMAL = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?=\d)|$)){4}$/

/** A range of addresses in CIDR notation (RFC 4632). */
export interface AddressRange {
  /** The first address, in its canonical form. */
  readonly first: string
  readonly last: string
  readonly prefixLength: number
}

/** The range that CIDR notation names, or undefined when the text is none. The address may be any of the range. */
export function addressRange(text: string): AddressRange | undefined {
  const [address = '', length = '', ...rest] = text.split('/')
  if (rest.length > 0 || isIP(address) === 0 || !/^\d{1,3}$/.test(length)) return undefined
  const parsed = ipaddr.process(address)
  const bytes = parsed.toByteArray()
  // The mapped form of IPv4 has 96 bits more before it.
  const mapped = isIP(address) === 6 && parsed.kind() === 'ipv4'
  const prefixLength = Number(length) - (mapped ? 96 : 0)
  if (prefixLength < 0 || prefixLength > bytes.length * 8) return undefined
  const edge = (fill: 0 | 1) =>
    formatted(ipaddr.fromByteArray(bytes.map((byte, index) => masked(byte, prefixLength - index * 8, fill))).toString())
  return { first: edge(0), last: edge(1), prefixLength }
}

/** A byte of which the first `kept` bits are kept, and the others are `fill`. */
function masked(byte: number, kept: number, fill: 0 | 1): number {
  if (kept >= 8) return byte
  const rest = 0xff >> Math.max(kept, 0)
  return fill === 1 ? byte | rest : byte & ~rest & 0xff
}

function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text)
  if (bracketed !== null) return withoutZone(bracketed[1] as string)
  // One colon: IPv6 has more.
  return withoutZone(text.replace(/^([^:]+):\d+$/, '$1'))
}

function withoutZone(text: string): string {
  return text.replace(/%.*$/, '')
}

function formatted(address: string): string {
  const parsed = ipaddr.process(address)
  return parsed.kind() === 'ipv6' ? (parsed as ipaddr.IPv6).toRFC5952String() : parsed.toString()
}
