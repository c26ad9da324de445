import { expect, it } from 'vitest'
import { tallyOf } from './tally.js'

function counted(format: 'ndjson' | 'csv' | 'parquet', text: string, size: number): number {
  const tally = tallyOf(format)
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at < bytes.length; at += size) tally.add(bytes.subarray(at, at + size))
  return tally.records()
}

it.each([1, 2, 3, 100])('counts whole records, whatever the pieces (%i bytes)', (size) => {
  expect(counted('ndjson', '{"a":1}\n{"a":2}\n{"a', size)).toBe(2)
  expect(counted('csv', '', size)).toBe(0)
  expect(counted('csv', '"a","b"\n', size)).toBe(0)
  expect(counted('csv', '"a","b"\n"1\n2","""\n"\n"3","4"\n"5', size)).toBe(2)
})

it('counts no rows of a Parquet file that is not whole', () => {
  for (const text of ['', 'PAR1', 'PAR1....PAR1', `PAR1${'x'.repeat(100)}`, `${'x'.repeat(20)}\xff\xff\xff\x7fPAR1`]) {
    expect(counted('parquet', text, 7)).toBe(0)
  }
})

it('reads the rows of a Parquet file out of its metadata', () => {
  // 1: version 2; 2: a schema of one element with the name "s" and the children 0; 3: 300 rows; and then what is not read.
  const metadata = '\x15\x04' + '\x19\x1c' + '\x48\x01s\x15\x00\x00' + '\x16\xd8\x04' + '\x19\x0c\x00'
  const length = String.fromCharCode(metadata.length, 0, 0, 0)
  for (const size of [1, 5, 1000])
    expect(counted('parquet', `PAR1${'x'.repeat(50)}${metadata}${length}PAR1`, size)).toBe(300)
  // Longer than what is kept of it.
  for (const size of [999_983, 20_000_000])
    expect(counted('parquet', `PAR1${'x'.repeat(10_000_000)}${metadata}${length}PAR1`, size)).toBe(300)
})
