import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { compressed, damaged, kept, messages, open, values } from '../../../../test/fixtures/ingest/range_builder.js'
import { ByteSemaphore } from '../../memory/byte_semaphore.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

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
        records: 4,
      },
    ])
  })

  it.each([
    ['more than its offsets', 2 ** 31 - 1, 4],
    ['none', -1, 1],
    ['fewer than its offsets, after compaction', 3, 3],
  ])('counts as its records, where its header says %s', async (_name, count, records) => {
    const { append, builder } = open({ limits: { maxRows: 100 } })
    await append([{ ...(await damaged(2, 5)), count }])
    expect(builder.takeReadyRange(true)?.range.deadLetters).toMatchObject([{ records }])
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
