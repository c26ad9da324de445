import { expect, it } from 'vitest'
import { groupsOf } from './groups.js'

const KIB = 1024

/** Groups of values that lie with a byte between them. */
function groups(lengths: readonly number[]) {
  let end = 0
  const starts = lengths.map((length) => {
    const start = end
    end += Math.max(length, 0) + 1
    return start
  })
  return [...groupsOf({ starts: Int32Array.from(starts), lengths: Int32Array.from(lengths) })]
}

it('divides a range after so many records', () => {
  expect(groups(Array(600).fill(9)).map(({ from, to }) => [from, to])).toEqual([
    [0, 256],
    [256, 512],
    [512, 600],
  ])
})

it('divides a range before a record that would make too many bytes, and leaves a large one alone', () => {
  const found = groups([100 * KIB, 100 * KIB, 100 * KIB, 300 * KIB, 5, -1])
  expect(found.map(({ from, to }) => [from, to])).toEqual([
    [0, 2],
    [2, 3],
    [3, 4],
    [4, 6],
  ])
  expect(found.map(({ start, end }) => end - start)).toEqual([200 * KIB + 1, 100 * KIB, 300 * KIB, 5])
})

it('of an empty range are none', () => {
  expect(groups([])).toEqual([])
})
