import { describe, expect, it } from 'vitest'
import {
  advance,
  BEGINNING,
  isBefore,
  offsetAt,
  rangesBefore,
  rangesBetween,
  type StreamPosition,
} from './stream_position.js'

const OLD = '00000000-0000-7000-8000-000000000001'
const NEW = '00000000-0000-7000-8000-000000000002'

function position(topics: Readonly<Record<string, readonly number[]>>): StreamPosition {
  return new Map(Object.entries(topics))
}

describe('the ranges between two positions', () => {
  it('are per partition, the longest first', () => {
    expect(rangesBetween(position({ [OLD]: [5, 7] }), position({ [OLD]: [6, 17] }))).toEqual([
      { topicId: OLD, partition: 1, from: 7, until: 17 },
      { topicId: OLD, partition: 0, from: 5, until: 6 },
    ])
  })

  it('cover all of a partition that was added, and of a topic that was created again', () => {
    expect(rangesBetween(position({ [OLD]: [5] }), position({ [OLD]: [5, 3], [NEW]: [4] }))).toEqual([
      { topicId: NEW, partition: 0, from: 0, until: 4 },
      { topicId: OLD, partition: 1, from: 0, until: 3 },
    ])
  })

  it('are empty when the position is at the end, or after it', () => {
    const here = position({ [OLD]: [5, 9] })
    expect(rangesBetween(here, here)).toEqual([])
    expect(isBefore(here, position({ [OLD]: [4, 9] }))).toBe(false)
    expect(isBefore(here, position({ [OLD]: [4, 10] }))).toBe(true)
    expect(isBefore(BEGINNING, BEGINNING)).toBe(false)
  })
})

it('the ranges before a position cover all offsets before it', () => {
  expect(rangesBefore(position({ [OLD]: [0, 2] }))).toEqual([{ topicId: OLD, partition: 1, from: 0, until: 2 }])
})

it('advances single partitions, and does not change the original', () => {
  const here = position({ [OLD]: [1] })
  const there = advance(here, [
    { topicId: OLD, partition: 2, until: 9 },
    { topicId: NEW, partition: 0, until: 4 },
    { topicId: OLD, partition: 0, until: 3 },
  ])
  expect(there).toEqual(position({ [OLD]: [3, 0, 9], [NEW]: [4] }))
  expect(here).toEqual(position({ [OLD]: [1] }))
  expect(offsetAt(there, { topicId: OLD, partition: 7 })).toBe(0)
})
