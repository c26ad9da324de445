import { isIP } from 'node:net'
import { canonicalText } from '../../../schemas/streams/canonical_text.js'
import { type AddressRange, addressRange } from '../../../schemas/streams/ip_address.js'
import type { FieldFilter } from './filters.js'
import { ParameterError } from './given_parameters.js'

/**
 * Reads addresses in any form that the emitter takes, and ranges of addresses. Where there is a range, each address is
 * one too.
 *
 * @throws {ParameterError} for text that is neither
 */
export function readAddresses(texts: readonly string[]): Pick<FieldFilter, 'values' | 'match'> {
  const ranges = texts.map(readRange)
  const isSingle = ({ prefixLength, first }: AddressRange) => prefixLength === bitsOf(first)
  const values = ranges.map((range) => (isSingle(range) ? range.first : `${range.first}/${range.prefixLength}`))
  if (ranges.every(isSingle)) return { values: [...new Set(values)] }
  return { values: [...new Set(ranges.map(({ first, prefixLength }) => `${first}/${prefixLength}`))], match: 'range' }
}

function readRange(text: string): AddressRange {
  const range = text.includes('/') ? addressRange(text.trim()) : addressOf(text)
  if (range !== undefined) return range
  throw new ParameterError('must be IP addresses such as 192.0.2.1 or 2001:db8::1, or ranges such as 192.0.2.0/24.')
}

function addressOf(text: string): AddressRange | undefined {
  const address = canonicalText({ form: 'address' }, text)
  if (address === '') {
    throw new ParameterError(
      `${JSON.stringify(text)} is what programs write for an address that they don't know: no record is stored with it.`,
    )
  }
  return isIP(address) === 0 ? undefined : { first: address, last: address, prefixLength: bitsOf(address) }
}

function bitsOf(address: string): number {
  return isIP(address) === 4 ? 32 : 128
}
