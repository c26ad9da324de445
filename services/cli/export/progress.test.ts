import { expect, it } from 'vitest'
import { progressOn, size } from './progress.js'

it('updates records, bytes and the rate on one line', () => {
  let now = 0
  let text = ''
  const terminal = { isTTY: true, write: (more: string) => (text += more) }
  const progress = progressOn(terminal, { counts: true, records: 1_000, now: () => now })
  now = 2_000
  progress.add(3_000_000, 2_000)
  now = 2_100
  progress.add(1, 1)
  expect(text).toBe('\r\x1b[K3,000 records, 3.0 MB, 1.5 MB/s')
  progress.end()
  expect(text).toBe('\r\x1b[K3,000 records, 3.0 MB, 1.5 MB/s\r\x1b[K3,001 records, 3.0 MB, 1.4 MB/s\n')
})

it('writes one line at the end if the output is not a terminal', () => {
  let text = ''
  const progress = progressOn({ write: (more: string) => (text += more) }, { counts: true })
  progress.add(1_500, 3)
  expect(text).toBe('')
  progress.end()
  expect(text).toBe('3 records, 1.5 kB\n')
})

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [2_500_000_000, '2.5 GB'],
])('formats %i bytes as %s', (bytes, expected) => {
  expect(size(bytes)).toBe(expected)
})
