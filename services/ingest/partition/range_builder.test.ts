import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { encodedBatch } from '../../../test/fixtures/records/record_batches.js'
import { type RecordBatch, recordBatches } from '../fetch/record_batch.js'
import { Budget } from '../memory/budget.js'
import { makeSegments } from '../memory/segments.js'
import type { Range } from './range.js'
import { Intake, type IntakeContext } from './range_builder.js'
import type { Start } from './reconcile.js'

/** What is reckoned for a record of one byte: the eleven that Kafka keeps of it, and where it lies. */
const RECORD = 11 + 24

interface Given {
  readonly offset: number
  readonly value: string | null
}

function message(offset: number, value: string | null = 'x'): Given {
  return { offset, value }
}

function messages(from: number, to: number): Given[] {
  return Array.from({ length: to - from + 1 }, (_, index) => message(from + index))
}

/** Records in batches as they come from Kafka, `perBatch` in each. */
async function kept(given: readonly Given[], perBatch = 2): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = []
  for (let at = 0; at < given.length; at += perBatch) {
    const records = given.slice(at, at + perBatch).map(({ offset, value }) => ({
      offset,
      timestamp: 1_000 + offset,
      key: Buffer.from('key'),
      value: value === null ? null : Buffer.from(value),
    }))
    batches.push(...(await recordBatches(await encodedBatch(records), async (_, bytes) => bytes)))
  }
  return batches
}

/** The end of a transaction. */
function control(offset: number): RecordBatch {
  const header = { firstOffset: offset, lastOffset: offset, count: 1, firstTimestamp: 0, appendedAt: undefined }
  return { ...header, control: true, transactional: true, producerId: '1', records: Buffer.alloc(0) }
}

function open(options: { start?: Partial<Start>; limits?: Partial<IntakeContext['limits']>; budget?: Budget } = {}) {
  const missing: [number, number][] = []
  const wake = vi.fn()
  const budget = options.budget ?? new Budget(1_000_000)
  const intake = new Intake({
    start: { from: undefined, stored: new Set(), ...options.start },
    limits: { maxRows: 3, maxBytes: 1_000, maxWaitMs: 500, ...options.limits },
    budget,
    segments: makeSegments(1_000_000),
    wake,
    missing: (from, to) => missing.push([from, to]),
  })
  const bounds = (rest = false) => {
    const ready = intake.takeReady(rest)
    return ready === undefined ? undefined : [ready.range.first, ready.range.last, ready.range.count]
  }
  return { intake, budget, missing, wake, bounds }
}

function values(range: Range | undefined): (string | null)[] {
  const { segments, starts, lengths } = range as Range
  const data = Buffer.concat(segments)
  return Array.from(starts, (start, row) => {
    const length = lengths[row] as number
    return length < 0 ? null : data.subarray(start, start + length).toString()
  })
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('a range', () => {
  it('ends at the most rows', async () => {
    const { intake, bounds } = open()
    await intake.append(await kept(messages(7, 11)))
    expect(bounds()).toEqual([7, 9, 3])
    expect(bounds()).toBeUndefined()
    expect(bounds(true)).toEqual([10, 11, 2])
  })

  it('ends at the most bytes', async () => {
    const { intake, bounds } = open({ limits: { maxRows: 100, maxBytes: 70 } })
    await intake.append(await kept([message(0, 'a'.repeat(20)), message(1, 'b'.repeat(20)), message(2, 'c')]))
    expect(bounds()).toEqual([0, 0, 1])
    expect(bounds(true)).toEqual([1, 2, 2])
  })

  it('is due after the longest wait, and not before', async () => {
    const { intake, wake, bounds } = open()
    await intake.append(await kept(messages(0, 0)))
    vi.advanceTimersByTime(499)
    expect(wake).not.toHaveBeenCalled()
    expect(bounds()).toBeUndefined()
    vi.advanceTimersByTime(1)
    expect(wake).toHaveBeenCalled()
    expect(bounds()).toEqual([0, 0, 1])
  })

  it('holds the values, lengths, offsets and times as they came', async () => {
    const { intake } = open()
    await intake.append(await kept([message(5, 'ab'), message(6, null), message(9, '')]))
    const range = intake.takeReady(true)?.range
    expect(values(range)).toEqual(['ab', null, ''])
    expect([...(range?.lengths ?? [])]).toEqual([2, -1, 0])
    expect([...(range?.offsets ?? [])]).toEqual([5, 6, 9])
    expect([...(range?.timestamps ?? [])]).toEqual([1_005, 1_006, 1_009])
  })

  it('grows past its first memory', async () => {
    const { intake } = open({ limits: { maxRows: 1_000, maxBytes: 10_000_000 } })
    const long = 'y'.repeat(1_000)
    await intake.append(await kept(Array.from({ length: 700 }, (_, offset) => message(offset, `${offset}:${long}`))))
    const range = intake.takeReady(true)?.range
    expect(range?.count).toBe(700)
    expect(values(range)).toEqual(Array.from({ length: 700 }, (_, i) => `${i}:${long}`))
  })
})

describe('offsets', () => {
  it('that it has had are passed over', async () => {
    const { intake, bounds } = open()
    await intake.append(await kept(messages(0, 1)))
    await intake.append(await kept(messages(0, 2)))
    expect(bounds(true)).toEqual([0, 2, 3])
  })

  it('that Kafka no longer has are told of, and the range begins where it was expected', async () => {
    const { intake, missing, bounds } = open({ start: { from: 10 } })
    await intake.append(await kept(messages(15, 16)))
    expect(missing).toEqual([[10, 15]])
    expect(bounds(true)).toEqual([10, 16, 2])
  })
})

describe('the end of a transaction', () => {
  it('takes an offset and is no record, and nothing is missing for it', async () => {
    const { intake, missing, bounds } = open({ limits: { maxRows: 100 } })
    await intake.append([...(await kept(messages(0, 1))), control(2), ...(await kept(messages(3, 4)))])
    expect(missing).toEqual([])
    expect(bounds(true)).toEqual([0, 4, 4])
  })

  it('does not move the beginning of a range that was begun before', async () => {
    const { intake, bounds } = open({ start: { from: 10, pending: 13 } })
    await intake.append([
      control(10),
      ...(await kept(messages(11, 11))),
      control(12),
      ...(await kept(messages(13, 13))),
    ])
    expect(bounds()).toEqual([10, 13, 2])
  })
})

describe('a range that was begun before', () => {
  const start = { from: 100, pending: 105, stored: new Set([101, 102]) }

  it('keeps its bounds, whatever its size and time', async () => {
    const { intake, bounds } = open({ start })
    await intake.append(await kept(messages(100, 104)))
    vi.advanceTimersByTime(10_000)
    expect(bounds()).toBeUndefined()
    expect(bounds(true)).toBeUndefined()
    await intake.append(await kept(messages(105, 107)))
    expect(bounds()).toEqual([100, 105, 4])
    expect(bounds(true)).toEqual([106, 107, 2])
  })

  it('ends before the first offset beyond it, should its last record be gone', async () => {
    const { intake, bounds } = open({ start })
    await intake.append(await kept([...messages(100, 103), ...messages(110, 110)]))
    expect(bounds()).toEqual([100, 103, 2])
  })

  it('does not wait for a budget that others hold', async () => {
    const budget = new Budget(100)
    await budget.take(100)
    const { intake, bounds } = open({ start, budget })
    await intake.append(await kept(messages(100, 105)))
    expect(bounds()).toEqual([100, 105, 4])
  })
})

describe('what is too much', () => {
  it('waits until the range before it is taken', async () => {
    const { intake, bounds } = open()
    let done = false
    const appended = intake.append(await kept(messages(0, 8))).then(() => {
      done = true
    })
    await vi.advanceTimersByTimeAsync(0)
    expect(done).toBe(false)
    expect(bounds()).toEqual([0, 2, 3])
    await appended
    expect(bounds()).toEqual([3, 5, 3])
    expect(bounds(true)).toEqual([6, 8, 3])
  })

  it('waits for the budget', async () => {
    const budget = new Budget(2 * RECORD)
    const { intake, bounds } = open({ budget })
    const appended = intake.append(await kept(messages(0, 2)))
    await vi.advanceTimersByTimeAsync(0)
    expect(bounds(true)).toEqual([0, 1, 2])
    budget.give(2 * RECORD)
    await appended
    expect(budget.used).toBe(RECORD)
  })

  it('is refused once the intake is closed, and gives its budget back', async () => {
    const budget = new Budget(2 * RECORD)
    const { intake } = open({ budget })
    const appended = intake.append(await kept(messages(0, 4)))
    await vi.advanceTimersByTimeAsync(0)
    intake.close()
    await appended
    expect(budget.used).toBe(0)
  })
})
