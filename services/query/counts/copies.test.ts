import { beforeEach, expect, it } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import type { Database, Query } from '../clickhouse/database.js'
import type { Row } from '../clickhouse/rows.js'
import { KnownCopies } from './copies.js'
import type { Part } from './parts.js'
import { SLOT } from './slots.js'

const signal = new AbortController().signal
const [first, second]: readonly [Part, Part] = [
  { name: '20260131_1_9_1', oldest: 0n, newest: 12n * SLOT, rows: 100 },
  { name: '20260131_10_19_1', oldest: 10n * SLOT, newest: 30n * SLOT, rows: 100 },
]
const SLOTS = [10n * SLOT, 11n * SLOT, 20n * SLOT]

let asked: Query[]
let answer: readonly Row[]
let known: KnownCopies
const database: Database = {
  async rows(query) {
    asked.push(query)
    return answer
  },
}

beforeEach(() => {
  asked = []
  answer = [
    ['0', '3', '2'],
    ['1', '0', '2'],
  ]
  known = new KnownCopies()
})

function slotsWithCopies(parts: readonly Part[], slots = SLOTS) {
  return known.slotsWithCopies(authAudits, parts, slots, { database, signal })
}

it('asks about each range once, and gives the slots of those with copies', async () => {
  expect(await slotsWithCopies([first, second])).toEqual([10n * SLOT, 11n * SLOT])
  expect(asked[0]?.query_params).toMatchObject({ merged: [first.name, second.name] })
  answer = []
  expect(await slotsWithCopies([first, second])).toEqual([10n * SLOT, 11n * SLOT])
  expect(asked).toHaveLength(1)
})

it('asks again about a range when a merge has replaced a part that reaches into it', async () => {
  await slotsWithCopies([first, second])
  answer = [['0', '0', '2']]
  const merged = { ...first, name: '20260131_1_9_2' }
  expect(await slotsWithCopies([merged, second])).toEqual([])
  // The other range has no records of the replaced part.
  expect(Object.keys(asked[1]?.query_params ?? {}).filter((name) => /^from_\d/.test(name))).toEqual(['from_0'])
})

it('believes nothing when a part is gone, or when no row says which parts there were', async () => {
  answer = [['0', '0', '1']]
  expect(await slotsWithCopies([first, second])).toBeUndefined()
  answer = []
  expect(await slotsWithCopies([first, second])).toBeUndefined()
  answer = [['0', '0', '2']]
  expect(await slotsWithCopies([first, second])).toEqual([])
})

it('does not look into too many ranges', async () => {
  const apart = Array.from({ length: 41 }, (_, index) => BigInt(index) * 2n * SLOT)
  expect(await slotsWithCopies([first, second], apart)).toBeUndefined()
  expect(asked).toHaveLength(0)
})
