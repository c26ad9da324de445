import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { encodedBatch } from '../../../test/fixtures/records/record_batches.js'
import { type RecordBatch, recordBatches } from '../fetch/record_batch.js'
import { ByteSemaphore } from '../memory/byte_semaphore.js'
import { makeSegments } from '../memory/segments.js'
import type { Range } from './range.js'
import { RangeBuilder, type RangeBuilderContext } from './range_builder.js'
import type { Start } from './reconcile.js'

/** The bytes in flight of a record with a one-byte value: eleven that Kafka keeps, and the row overhead. */
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

function open(
  options: {
    start?: Partial<Start>
    limits?: Partial<RangeBuilderContext['limits']>
    bytesInFlight?: ByteSemaphore
  } = {},
) {
  const missing: [number, number][] = []
  const wake = vi.fn()
  const bytesInFlight = options.bytesInFlight ?? new ByteSemaphore(1_000_000)
  const builder = new RangeBuilder({
    start: { from: undefined, stored: new Set(), ...options.start },
    limits: { maxRows: 3, maxBytes: 1_000, maxWaitMs: 500, ...options.limits },
    bytesInFlight,
    segments: makeSegments(1_000_000),
    wake,
    missing: (from, to) => missing.push([from, to]),
  })
  const bounds = (rest = false) => {
    const ready = builder.takeReadyRange(rest)
    return ready === undefined ? undefined : [ready.range.first, ready.range.last, ready.range.count]
  }
  return { builder, bytesInFlight, missing, wake, bounds }
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
    const { builder, bounds } = open()
    await builder.append(await kept(messages(7, 11)))
    expect(bounds()).toEqual([7, 9, 3])
    expect(bounds()).toBeUndefined()
    expect(bounds(true)).toEqual([10, 11, 2])
  })

  it('ends at the most bytes', async () => {
    const { builder, bounds } = open({ limits: { maxRows: 100, maxBytes: 70 } })
    await builder.append(await kept([message(0, 'a'.repeat(20)), message(1, 'b'.repeat(20)), message(2, 'c')]))
    expect(bounds()).toEqual([0, 0, 1])
    expect(bounds(true)).toEqual([1, 2, 2])
  })

  it('is due after the longest wait, and not earlier', async () => {
    const { builder, wake, bounds } = open()
    await builder.append(await kept(messages(0, 0)))
    vi.advanceTimersByTime(499)
    expect(wake).not.toHaveBeenCalled()
    expect(bounds()).toBeUndefined()
    vi.advanceTimersByTime(1)
    expect(wake).toHaveBeenCalled()
    expect(bounds()).toEqual([0, 0, 1])
  })

  it('holds the values, lengths, offsets and times as they came', async () => {
    const { builder } = open()
    await builder.append(await kept([message(5, 'ab'), message(6, null), message(9, '')]))
    const range = builder.takeReadyRange(true)?.range
    expect(values(range)).toEqual(['ab', null, ''])
    expect([...(range?.lengths ?? [])]).toEqual([2, -1, 0])
    expect([...(range?.offsets ?? [])]).toEqual([5, 6, 9])
    expect([...(range?.timestamps ?? [])]).toEqual([1_005, 1_006, 1_009])
  })

  it('grows past its first memory', async () => {
    const { builder } = open({ limits: { maxRows: 1_000, maxBytes: 10_000_000 } })
    const long = 'y'.repeat(1_000)
    await builder.append(await kept(Array.from({ length: 700 }, (_, offset) => message(offset, `${offset}:${long}`))))
    const range = builder.takeReadyRange(true)?.range
    expect(range?.count).toBe(700)
    expect(values(range)).toEqual(Array.from({ length: 700 }, (_, i) => `${i}:${long}`))
  })
})

describe('offsets', () => {
  it('that it already has are skipped', async () => {
    const { builder, bounds } = open()
    await builder.append(await kept(messages(0, 1)))
    await builder.append(await kept(messages(0, 2)))
    expect(bounds(true)).toEqual([0, 2, 3])
  })

  it('that Kafka no longer has are reported, and the range begins at the expected offset', async () => {
    const { builder, missing, bounds } = open({ start: { from: 10 } })
    await builder.append(await kept(messages(15, 16)))
    expect(missing).toEqual([[10, 15]])
    expect(bounds(true)).toEqual([10, 16, 2])
  })
})

describe('the end of a transaction', () => {
  it('takes an offset, is no record, and counts as no missing offset', async () => {
    const { builder, missing, bounds } = open({ limits: { maxRows: 100 } })
    await builder.append([...(await kept(messages(0, 1))), control(2), ...(await kept(messages(3, 4)))])
    expect(missing).toEqual([])
    expect(bounds(true)).toEqual([0, 4, 4])
  })

  it('does not move the first offset of a pending range', async () => {
    const { builder, bounds } = open({ start: { from: 10, pending: 13 } })
    await builder.append([
      control(10),
      ...(await kept(messages(11, 11))),
      control(12),
      ...(await kept(messages(13, 13))),
    ])
    expect(bounds()).toEqual([10, 13, 2])
  })
})

describe('a pending range', () => {
  const start = { from: 100, pending: 105, stored: new Set([101, 102]) }

  it('keeps its bounds, whatever its size and age', async () => {
    const { builder, bounds } = open({ start })
    await builder.append(await kept(messages(100, 104)))
    vi.advanceTimersByTime(10_000)
    expect(bounds()).toBeUndefined()
    expect(bounds(true)).toBeUndefined()
    await builder.append(await kept(messages(105, 107)))
    expect(bounds()).toEqual([100, 105, 4])
    expect(bounds(true)).toEqual([106, 107, 2])
  })

  it('ends before the first offset beyond it when its last record is gone', async () => {
    const { builder, bounds } = open({ start })
    await builder.append(await kept([...messages(100, 103), ...messages(110, 110)]))
    expect(bounds()).toEqual([100, 103, 2])
  })

  it('does not wait for bytes that other partitions hold', async () => {
    const bytesInFlight = new ByteSemaphore(100)
    await bytesInFlight.acquire(100)
    const { builder, bounds } = open({ start, bytesInFlight })
    await builder.append(await kept(messages(100, 105)))
    expect(bounds()).toEqual([100, 105, 4])
  })
})

describe('back-pressure', () => {
  it('waits until the previous range is taken', async () => {
    const { builder, bounds } = open()
    let done = false
    const appended = builder.append(await kept(messages(0, 8))).then(() => {
      done = true
    })
    await vi.advanceTimersByTimeAsync(0)
    expect(done).toBe(false)
    expect(bounds()).toEqual([0, 2, 3])
    await appended
    expect(bounds()).toEqual([3, 5, 3])
    expect(bounds(true)).toEqual([6, 8, 3])
  })

  it('waits for bytes in flight', async () => {
    const bytesInFlight = new ByteSemaphore(2 * RECORD)
    const { builder, bounds } = open({ bytesInFlight })
    const appended = builder.append(await kept(messages(0, 2)))
    await vi.advanceTimersByTimeAsync(0)
    expect(bounds(true)).toEqual([0, 1, 2])
    bytesInFlight.release(2 * RECORD)
    await appended
    expect(bytesInFlight.used).toBe(RECORD)
  })

  it('ends once the builder is closed, which releases its bytes', async () => {
    const bytesInFlight = new ByteSemaphore(2 * RECORD)
    const { builder } = open({ bytesInFlight })
    const appended = builder.append(await kept(messages(0, 4)))
    await vi.advanceTimersByTimeAsync(0)
    builder.close()
    await appended
    expect(bytesInFlight.used).toBe(0)
  })
})
