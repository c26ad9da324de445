import { expect, it } from 'vitest'
import { groupsOf } from './groups.js'

const KIB = 1024

/** Groups of values with a byte between them. */
function groups(lengths: readonly number[]) {
  let end = 0
  const starts = lengths.map((length) => {
    const start = end
    end += Math.max(length, 0) + 1
    return start
  })
  return [...groupsOf({ starts: Int32Array.from(starts), lengths: Int32Array.from(lengths) })]
}

it('splits a range after the maximum number of records', () => {
  expect(groups(Array(600).fill(9)).map(({ from, to }) => [from, to])).toEqual([
    [0, 256],
    [256, 512],
    [512, 600],
  ])
})

it('splits a range before a record that would exceed the size, and keeps a large one alone', () => {
  const found = groups([100 * KIB, 100 * KIB, 100 * KIB, 300 * KIB, 5, -1])
  expect(found.map(({ from, to }) => [from, to])).toEqual([
    [0, 2],
    [2, 3],
    [3, 4],
    [4, 6],
  ])
  expect(found.map(({ start, end }) => end - start)).toEqual([200 * KIB + 1, 100 * KIB, 300 * KIB, 5])
})

it('returns no groups for an empty range', () => {
  expect(groups([])).toEqual([])
})
