import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  control,
  kept,
  message,
  messages,
  open,
  RECORD,
  values,
} from '../../../../test/fixtures/ingest/range_builder.js'
import { ByteSemaphore } from '../../memory/byte_semaphore.js'

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
    const { append, bounds } = open({ limits: { maxRows: 100, maxBytes: 80 } })
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
  it('gives up waiting for a range that is not taken, and goes on with the next record', async () => {
    const { append, builder, bounds, bytesInFlight } = open()
    const batches = await kept(messages(0, 8), 9)
    const appended = append(batches)
    await vi.advanceTimersByTimeAsync(4_999)
    expect(builder.full).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await appended).toBe(false)
    expect(builder.full).toBe(true)
    expect(await append(batches)).toBe(false)
    expect(bytesInFlight.used).toBe(6 * RECORD)

    expect(bounds()).toEqual([0, 2, 3])
    expect(builder.reopen()).toBe(6)
    expect(await append(batches)).toBe(true)
    expect(bounds()).toEqual([3, 5, 3])
    expect(bounds(true)).toEqual([6, 8, 3])
  })

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
