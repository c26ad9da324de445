import { expect, it } from 'vitest'
import { type Reading, rowsOnce } from './rows_once.js'

/** A table in order, some of whose rows are copies of the one before. */
function table(rows: readonly string[]) {
  const readings: Reading[] = []
  return {
    readings,
    async read(reading: Reading) {
      readings.push(reading)
      return (reading.final ? [...new Set(rows)] : rows).slice(0, reading.limit).map((id) => [id])
    },
  }
}

const id = ([value = '']: readonly string[]) => value
const ids = (count: number, each = 1) =>
  Array.from({ length: count * each }, (_, index) => `r${Math.floor(index / each)}`)

it.each([
  ['no row', [], 10],
  ['fewer rows than asked for, with copies', ids(4, 2), 10],
  ['more rows than asked for', ids(30), 10],
  ['a copy of the last record', [...ids(10), 'r9', 'r10'], 10],
  ['one record in fifty twice', ids(100).flatMap((each, index) => (index % 50 === 7 ? [each, each] : [each])), 100],
])('%s: reads without FINAL', async (_, rows, limit) => {
  const { read, readings } = table(rows)
  const found = await rowsOnce(limit, read, id)
  expect(found.map(id)).toEqual([...new Set(rows)].slice(0, limit))
  expect(readings.map(({ final }) => final)).toEqual([false])
})

it.each([
  ['each record twice', ids(30, 2), 10],
  ['one record a thousand times', [...ids(1, 1_000), ...ids(20)], 10],
])('%s: reads again with FINAL', async (_, rows, limit) => {
  const { read, readings } = table(rows)
  const found = await rowsOnce(limit, read, id)
  expect(found.map(id)).toEqual([...new Set(rows)].slice(0, limit))
  expect(readings.at(-1)).toEqual({ final: true, limit })
})

it('equals what FINAL finds, whatever the copies', async () => {
  for (let round = 0; round < 200; round++) {
    const copies = [0, 0.01, 0.2, 0.9][round % 4] as number
    const rows = ids(60).flatMap((each) => {
      const all = [each]
      while (Math.random() < copies) all.push(each)
      return all
    })
    const limit = 1 + (round % 70)
    const found = await rowsOnce(limit, table(rows).read, id)
    expect(found.map(id)).toEqual(ids(60).slice(0, limit))
  }
})
