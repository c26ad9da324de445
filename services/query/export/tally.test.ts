import { expect, it } from 'vitest'
import { tallyOf } from './tally.js'

function counted(format: 'ndjson' | 'csv' | 'parquet', text: string, size: number): number | undefined {
  const tally = tallyOf(format)
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at < bytes.length; at += size) tally.add(bytes.subarray(at, at + size))
  return tally.records()
}

it.each([1, 2, 3, 100])('counts complete records in chunks of any size (%i bytes)', (size) => {
  expect(counted('ndjson', '{"a":1}\n{"a":2}\n{"a', size)).toBe(2)
  expect(counted('csv', '', size)).toBe(0)
  expect(counted('csv', '"a","b"\n', size)).toBe(0)
  expect(counted('csv', '"a","b"\n"1\n2","""\n"\n"3","4"\n"5', size)).toBe(2)
})

it('counts no rows of an incomplete Parquet file', () => {
  for (const text of ['', 'PAR1', 'PAR1....PAR1', `PAR1${'x'.repeat(100)}`, `${'x'.repeat(20)}\xff\xff\xff\x7fPAR1`]) {
    expect(counted('parquet', text, 7)).toBe(0)
  }
})

/**
 * A Parquet file of 300 rows. Its metadata are, in Thrift's compact protocol: 1: version 2; 2: a schema of one element
 * with the name "s" and no children; 3: 300 rows; 4: no row groups; 6: `created_by`, as long as the test wants.
 */
function parquetFile(dataBytes: number, createdBy = ''): string {
  const name = Buffer.byteLength(createdBy)
  const varint = (value: number): string =>
    value < 0x80 ? String.fromCharCode(value) : String.fromCharCode((value % 0x80) | 0x80) + varint(value >> 7)
  const metadata = `\x15\x04\x19\x1c\x48\x01s\x15\x00\x00\x16\xd8\x04\x19\x0c\x28${varint(name)}${createdBy}\x00`
  const length = Buffer.alloc(4)
  length.writeUInt32LE(metadata.length)
  return `PAR1${'x'.repeat(dataBytes)}${metadata}${length.toString('latin1')}PAR1`
}

it('reads the rows of a Parquet file from its metadata', () => {
  for (const size of [1, 5, 1000]) expect(counted('parquet', parquetFile(50), size)).toBe(300)
  // Longer than the part that is kept.
  for (const size of [999_983, 20_000_000]) expect(counted('parquet', parquetFile(10_000_000), size)).toBe(300)
  expect(counted('parquet', parquetFile(10_000_000, 'x'.repeat(4_000_000)), 65_536)).toBe(300)
})

it('does not know the rows of a Parquet file whose metadata is larger than the part that is kept', () => {
  expect(counted('parquet', parquetFile(10, 'x'.repeat(5_000_000)), 65_536)).toBeUndefined()
})
