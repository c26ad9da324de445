import { expect, it } from 'vitest'
import { rowsByDay } from './days.js'
import { NO_DAY } from './field_spans.js'

const sorted = (days: number[], count = days.length) =>
  rowsByDay(Int32Array.from(days), count).map(({ day, rows }) => [day, [...rows]])

it('returns the rows of one day in order', () => {
  expect(sorted([0, 0, 0])).toEqual([['1970-01-01', [0, 1, 2]]])
})

it('returns the rows of several days, the earliest first', () => {
  expect(sorted([20_000, 19_999, 20_000, 20_001, 19_999])).toEqual([
    ['2024-10-03', [1, 4]],
    ['2024-10-04', [0, 2]],
    ['2024-10-05', [3]],
  ])
})

it('leaves out rows without a day, and rows after the count', () => {
  expect(sorted([NO_DAY, 5, NO_DAY, 5, 5], 4)).toEqual([['1970-01-06', [1, 3]]])
  expect(sorted([NO_DAY])).toEqual([])
  expect(sorted([])).toEqual([])
})
