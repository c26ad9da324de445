import { describe, expect, it } from 'vitest'
import {
  advanced,
  BEGINNING,
  isBefore,
  offsetAt,
  type Position,
  stretchesBehind,
  stretchesBetween,
} from './position.js'

const OLD = '00000000-0000-7000-8000-000000000001'
const NEW = '00000000-0000-7000-8000-000000000002'

function position(topics: Readonly<Record<string, readonly number[]>>): Position {
  return new Map(Object.entries(topics))
}

describe('what lies between', () => {
  it('is each partition’s own, the longest first', () => {
    expect(stretchesBetween(position({ [OLD]: [5, 7] }), position({ [OLD]: [6, 17] }))).toEqual([
      { topicId: OLD, partition: 1, from: 7, until: 17 },
      { topicId: OLD, partition: 0, from: 5, until: 6 },
    ])
  })

  it('is all of a partition that was added, and of a topic that was made anew', () => {
    expect(stretchesBetween(position({ [OLD]: [5] }), position({ [OLD]: [5, 3], [NEW]: [4] }))).toEqual([
      { topicId: NEW, partition: 0, from: 0, until: 4 },
      { topicId: OLD, partition: 1, from: 0, until: 3 },
    ])
  })

  it('is nothing where the position is as far, or further', () => {
    const here = position({ [OLD]: [5, 9] })
    expect(stretchesBetween(here, here)).toEqual([])
    expect(isBefore(here, position({ [OLD]: [4, 9] }))).toBe(false)
    expect(isBefore(here, position({ [OLD]: [4, 10] }))).toBe(true)
    expect(isBefore(BEGINNING, BEGINNING)).toBe(false)
  })
})

it('what lies behind is all before it', () => {
  expect(stretchesBehind(position({ [OLD]: [0, 2] }))).toEqual([{ topicId: OLD, partition: 1, from: 0, until: 2 }])
})

it('moves partition by partition, and leaves the one before as it was', () => {
  const here = position({ [OLD]: [1] })
  const there = advanced(here, [
    { topicId: OLD, partition: 2, until: 9 },
    { topicId: NEW, partition: 0, until: 4 },
    { topicId: OLD, partition: 0, until: 3 },
  ])
  expect(there).toEqual(position({ [OLD]: [3, 0, 9], [NEW]: [4] }))
  expect(here).toEqual(position({ [OLD]: [1] }))
  expect(offsetAt(there, { topicId: OLD, partition: 7 })).toBe(0)
})
