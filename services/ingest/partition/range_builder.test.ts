import { setTimeout as delay } from 'node:timers/promises'
import { crc32c } from '@node-rs/crc32'
import { CompressionTypes } from 'kafkajs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type BatchOptions, encodedBatch } from '../../../test/fixtures/records/record_batches.js'
import { BatchFault } from '../fetch/batch_fault.js'
import { type RecordBatch, recordBatches } from '../fetch/record_batch.js'
import { ByteSemaphore } from '../memory/byte_semaphore.js'
import { makeSegments } from '../memory/segments.js'
import type { Range } from './range.js'
import { RangeBuilder, type RangeBuilderContext } from './range_builder.js'
import type { Start } from './reconcile.js'

const context = { checksum: crc32c, highWatermark: 1_000_000 }

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
    batches.push(...recordBatches(await encodedBatch(records), context))
  }
  return batches
}

/** The end of a transaction. */
async function control(offset: number): Promise<RecordBatch> {
  const end = { offset, timestamp: 0, key: Buffer.from([0, 0, 0, 1]), value: Buffer.alloc(6) }
  const [batch] = recordBatches(await encodedBatch([end], { attributes: 0x30 }), context)
  return batch as RecordBatch
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
  const append = (batches: readonly RecordBatch[], logStartOffset = 0) => builder.append(batches, logStartOffset)
  return { append, builder, bytesInFlight, missing, wake, bounds }
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
    const { append, bounds } = open()
    await append(await kept(messages(7, 11)))
    expect(bounds()).toEqual([7, 9, 3])
    expect(bounds()).toBeUndefined()
    expect(bounds(true)).toEqual([10, 11, 2])
  })

  it('ends at the most bytes', async () => {
    const { append, bounds } = open({ limits: { maxRows: 100, maxBytes: 70 } })
    await append(await kept([message(0, 'a'.repeat(20)), message(1, 'b'.repeat(20)), message(2, 'c')]))
    expect(bounds()).toEqual([0, 0, 1])
    expect(bounds(true)).toEqual([1, 2, 2])
  })

  it('is due after the longest wait, and not earlier', async () => {
    const { append, wake, bounds } = open()
    await append(await kept(messages(0, 0)))
    vi.advanceTimersByTime(499)
    expect(wake).not.toHaveBeenCalled()
    expect(bounds()).toBeUndefined()
    vi.advanceTimersByTime(1)
    expect(wake).toHaveBeenCalled()
    expect(bounds()).toEqual([0, 0, 1])
  })

  it('holds the values, lengths, offsets and times as they came', async () => {
    const { append, builder } = open()
    await append(await kept([message(5, 'ab'), message(6, null), message(9, '')]))
    const range = builder.takeReadyRange(true)?.range
    expect(values(range)).toEqual(['ab', null, ''])
    expect([...(range?.lengths ?? [])]).toEqual([2, -1, 0])
    expect([...(range?.offsets ?? [])]).toEqual([5, 6, 9])
    expect([...(range?.timestamps ?? [])]).toEqual([1_005, 1_006, 1_009])
  })

  it('grows past its first memory', async () => {
    const { append, builder } = open({ limits: { maxRows: 1_000, maxBytes: 10_000_000 } })
    const long = 'y'.repeat(1_000)
    await append(await kept(Array.from({ length: 700 }, (_, offset) => message(offset, `${offset}:${long}`))))
    const range = builder.takeReadyRange(true)?.range
    expect(range?.count).toBe(700)
    expect(values(range)).toEqual(Array.from({ length: 700 }, (_, i) => `${i}:${long}`))
  })
})

describe('offsets', () => {
  it('that it already has are skipped', async () => {
    const { append, bounds } = open()
    await append(await kept(messages(0, 1)))
    await append(await kept(messages(0, 2)))
    expect(bounds(true)).toEqual([0, 2, 3])
  })

  it('that Kafka no longer has are reported, and the range begins at the expected offset', async () => {
    const { append, missing, bounds } = open({ start: { from: 10 } })
    await append(await kept(messages(15, 16)), 15)
    expect(missing).toEqual([[10, 15]])
    expect(bounds(true)).toEqual([10, 16, 2])
  })
})

describe('the end of a transaction', () => {
  it('takes an offset, is no record, and counts as no missing offset', async () => {
    const { append, missing, bounds } = open({ limits: { maxRows: 100 } })
    await append([...(await kept(messages(0, 1))), await control(2), ...(await kept(messages(3, 4)))])
    expect(missing).toEqual([])
    expect(bounds(true)).toEqual([0, 4, 4])
  })

  it('does not move the first offset of a pending range', async () => {
    const { append, bounds } = open({ start: { from: 10, pending: 13 } })
    await append([
      await control(10),
      ...(await kept(messages(11, 11))),
      await control(12),
      ...(await kept(messages(13, 13))),
    ])
    expect(bounds()).toEqual([10, 13, 2])
  })
})

describe('a pending range', () => {
  const start = { from: 100, pending: 105, stored: new Set([101, 102]) }

  it('keeps its bounds, whatever its size and age', async () => {
    const { append, bounds } = open({ start })
    await append(await kept(messages(100, 104)))
    vi.advanceTimersByTime(10_000)
    expect(bounds()).toBeUndefined()
    expect(bounds(true)).toBeUndefined()
    await append(await kept(messages(105, 107)))
    expect(bounds()).toEqual([100, 105, 4])
    expect(bounds(true)).toEqual([106, 107, 2])
  })

  it('ends at its committed offset when its last record is gone', async () => {
    const { append, bounds } = open({ start })
    await append(await kept([...messages(100, 103), ...messages(110, 110)]))
    expect(bounds()).toEqual([100, 105, 2])
  })

  it('does not wait for bytes that other partitions hold', async () => {
    const bytesInFlight = new ByteSemaphore(100)
    await bytesInFlight.acquire(100)
    const { append, bounds } = open({ start, bytesInFlight })
    await append(await kept(messages(100, 105)))
    expect(bounds()).toEqual([100, 105, 4])
  })
})

describe('back-pressure', () => {
  it('waits until the previous range is taken', async () => {
    const { append, bounds } = open()
    let done = false
    const appended = append(await kept(messages(0, 8))).then(() => {
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
    const { append, bounds } = open({ bytesInFlight })
    const appended = append(await kept(messages(0, 2)))
    await vi.advanceTimersByTimeAsync(0)
    expect(bounds(true)).toEqual([0, 1, 2])
    bytesInFlight.release(2 * RECORD)
    await appended
    expect(bytesInFlight.used).toBe(RECORD)
  })

  it('ends once the builder is closed, which releases its bytes', async () => {
    const bytesInFlight = new ByteSemaphore(2 * RECORD)
    const { append, builder } = open({ bytesInFlight })
    const appended = append(await kept(messages(0, 4)))
    await vi.advanceTimersByTimeAsync(0)
    builder.close()
    await appended
    expect(bytesInFlight.used).toBe(0)
  })
})

/** One batch of records of 10,000 equal bytes each, compressed. */
async function compressed(from: number, to: number, options: BatchOptions = {}): Promise<RecordBatch> {
  const records = messages(from, to).map(({ offset }) => ({
    ...{ offset, timestamp: 0, key: null, value: Buffer.alloc(10_000, 'z') },
  }))
  const [batch] = recordBatches(
    await encodedBatch(records, { compression: CompressionTypes.GZIP, ...options }),
    context,
  )
  return batch as RecordBatch
}

/** A batch whose checksum is wrong. */
async function damaged(from: number, to: number): Promise<RecordBatch> {
  const batch = await compressed(from, to)
  return { ...batch, content: new BatchFault('batch_checksum') }
}

describe('gaps between offsets', () => {
  it('that compaction has left are no lost records', async () => {
    const { append, missing, bounds } = open({ start: { from: 10 }, limits: { maxRows: 100 } })
    await append(await kept([message(12), message(15), message(20)], 2), 3)
    expect(missing).toEqual([])
    expect(bounds(true)).toEqual([10, 20, 3])
  })

  it('are lost up to the start of the log, and not behind it', async () => {
    const { append, missing } = open({ start: { from: 10 } })
    await append(await kept([message(25)]), 20)
    expect(missing).toEqual([[10, 20]])
  })

  it('are not lost where ClickHouse already has the records', async () => {
    const { append, missing } = open({ start: { from: 10, stored: new Set([12, 13, 30]) } })
    await append(await kept([message(16)]), 16)
    expect(missing).toEqual([
      [10, 12],
      [14, 16],
    ])
  })

  it('at the end of a batch belong to it', async () => {
    const { append, builder, bounds } = open({ start: { from: 10 }, limits: { maxRows: 100 } })
    const [batch] = await kept([message(10), message(11)])
    await append([{ ...(batch as RecordBatch), lastOffset: 14 }])
    expect(builder.next).toBe(15)
    expect(bounds(true)).toEqual([10, 14, 2])
  })
})

describe('an aborted transaction', () => {
  it('stores nothing, and loses nothing', async () => {
    const { append, missing, bounds, builder } = open({ limits: { maxRows: 100 } })
    const aborted = (await kept(messages(2, 5), 4)).map((batch) => ({ ...batch, content: 'aborted' as const }))
    await append([...(await kept(messages(0, 1))), ...aborted, await control(6), ...(await kept(messages(7, 8)))])
    expect(missing).toEqual([])
    expect(bounds(true)).toEqual([0, 8, 4])
    expect(builder.next).toBe(9)
  })
})

describe('a pending range whose last records are gone', () => {
  const start = { from: 100, pending: 105, stored: new Set<number>() }

  it('ends with a marker behind them', async () => {
    const { append, bounds } = open({ start })
    await append([...(await kept(messages(100, 102))), await control(110)])
    expect(bounds()).toEqual([100, 105, 3])
  })

  it('ends with the batch that compaction has shortened', async () => {
    const { append, bounds } = open({ start })
    const [batch] = await kept(messages(100, 101))
    await append([{ ...(batch as RecordBatch), lastOffset: 105 }])
    expect(bounds()).toEqual([100, 105, 2])
  })

  it('ends with the next record, even if all of its own are gone', async () => {
    const { append, bounds, missing } = open({ start: { ...start, stored: new Set([103]) } })
    await append(await kept([message(120)]), 120)
    expect(missing).toEqual([
      [100, 103],
      [104, 106],
      [106, 120],
    ])
    expect(bounds()).toEqual([100, 105, 0])
    expect(bounds(true)).toEqual([106, 120, 1])
  })

  it('keeps its bounds if a marker stands at its end', async () => {
    const { append, bounds } = open({ start })
    await append([...(await kept(messages(100, 104), 5)), await control(105)])
    expect(bounds()).toEqual([100, 105, 5])
  })
})

describe('a compressed batch', () => {
  it('is stored uncompressed', async () => {
    const { append, builder } = open({ limits: { maxBytes: 1_000_000 } })
    await append([await compressed(0, 2)])
    expect(values(builder.takeReadyRange(true)?.range)).toEqual(Array(3).fill('z'.repeat(10_000)))
  })

  it('holds its uncompressed size twice while it is copied, and once afterwards', async () => {
    const bytesInFlight = new ByteSemaphore(1_000_000)
    await bytesInFlight.acquire(950_000)
    const { append, bounds } = open({ bytesInFlight, limits: { maxBytes: 1_000_000 } })
    let done = false
    const appended = append([await compressed(0, 2)]).then(() => {
      done = true
    })
    await vi.advanceTimersByTimeAsync(0)
    expect(done).toBe(false)
    bytesInFlight.release(950_000)
    expect(bytesInFlight.used).toBeGreaterThan(60_000)
    vi.useRealTimers()
    await appended
    expect(bytesInFlight.used).toBeGreaterThan(30_000)
    expect(bytesInFlight.used).toBeLessThan(31_000)
    expect(bounds(true)).toEqual([0, 2, 3])
  })

  it('of two partitions never waits for each other, however few bytes may be in flight', async () => {
    vi.useRealTimers()
    const bytesInFlight = new ByteSemaphore(70_000)
    const both = [1, 2].map(() => open({ bytesInFlight, limits: { maxBytes: 25_000, maxWaitMs: 5 } }))
    const batches = await Promise.all([0, 3, 6, 9].map((from) => compressed(from, from + 2)))
    const stored = both.map(async ({ builder, append }) => {
      let finished = false
      const appended = append(batches).then(() => {
        finished = true
      })
      let count = 0
      while (!finished || count < 12) {
        const ready = builder.takeReadyRange(false)
        count += ready?.range.count ?? 0
        bytesInFlight.release(ready?.cost ?? 0)
        await delay(1)
      }
      await appended
      return count
    })
    expect(await Promise.all(stored)).toEqual([12, 12])
    expect(bytesInFlight.used).toBe(0)
  })

  it('releases everything when the builder is closed meanwhile', async () => {
    vi.useRealTimers()
    const { append, builder, bytesInFlight } = open({ limits: { maxRows: 1 } })
    const appended = append([await compressed(0, 5)])
    await delay(20)
    builder.close()
    await appended
    expect(bytesInFlight.used).toBe(0)
  })
})

describe('a batch that can’t be read', () => {
  it('is one dead letter, and its neighbors are stored', async () => {
    const { append, builder } = open({ limits: { maxRows: 100 } })
    const batch = await damaged(2, 5)
    await append([...(await kept(messages(0, 1))), batch, ...(await kept(messages(6, 7)))])
    const range = builder.takeReadyRange(true)?.range
    expect(range).toMatchObject({ first: 0, last: 7, count: 4 })
    expect(range?.deadLetters).toEqual([
      {
        ...{ offset: 2, lastOffset: 5, timestamp: 0, reason: 'batch_checksum' },
        detail: expect.stringContaining('checksum'),
        value: new Uint8Array(batch.bytes),
      },
    ])
  })

  it('may be found when it is uncompressed', async () => {
    const { append, builder } = open({ limits: { maxRows: 100 } })
    const batch = await compressed(2, 5)
    await append([...(await kept(messages(0, 1))), { ...batch, records: Buffer.from('no gzip') }])
    expect(builder.takeReadyRange(true)?.range).toMatchObject({
      ...{ first: 0, last: 5, count: 2 },
      deadLetters: [{ offset: 2, lastOffset: 5, reason: 'batch_compression' }],
    })
  })

  it('may be all that a range has, or the end of a pending one', async () => {
    const alone = open()
    await alone.append([await damaged(2, 5)])
    vi.advanceTimersByTime(500)
    expect(alone.bounds()).toEqual([2, 5, 0])
    const pending = open({ start: { from: 0, pending: 5 } })
    await pending.append([...(await kept(messages(0, 1))), await damaged(2, 5)])
    expect(pending.bounds()).toEqual([0, 5, 2])
  })
})
