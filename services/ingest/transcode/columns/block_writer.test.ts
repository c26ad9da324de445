import { expect, it } from 'vitest'
import { BlockWriter, stringBytes, varintBytes } from './block_writer.js'

it.each([0, 1, 127, 128, 255, 16_383, 16_384, 2 ** 21, 2 ** 31 - 1])('writes %d in seven bits a byte', (value) => {
  const writer = new BlockWriter(new Uint8Array(8))
  writer.varint(value)
  expect(writer.at).toBe(varintBytes(value))
  const read = writer.bytes.subarray(0, writer.at).reduceRight((sum, byte) => sum * 128 + (byte & 0x7f), 0)
  expect(read).toBe(value)
  const goesOn = Array.from(writer.bytes.subarray(0, writer.at), (byte) => byte >= 0x80)
  expect(goesOn).toEqual(Array.from({ length: writer.at }, (_, index) => index < writer.at - 1))
})

it.each([0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 1_767_225_600_123_456, Number.MAX_SAFE_INTEGER])(
  'writes %d in 64 bits',
  (value) => {
    const writer = new BlockWriter(new Uint8Array(8))
    writer.int64(value)
    expect(writer.view.getBigInt64(0, true)).toBe(BigInt(value))
  },
)

it.each([1, 2, 3, 7, 8])('repeats a value, so that it occurs %d times', (times) => {
  const writer = new BlockWriter(new Uint8Array(4 + 4 * times))
  writer.int32(1)
  writer.int32(0x01020304)
  writer.repeat(4, times)
  expect(writer.at).toBe(writer.bytes.length)
  expect(Buffer.from(writer.bytes).toString('hex')).toBe(`01000000${'04030201'.repeat(times)}`)
})

it('writes a String’s length in bytes, not in characters', () => {
  expect(stringBytes('é').toString('hex')).toBe('02c3a9')
})
