import { describe, expect, it } from 'vitest'
import { control, kept, message, messages, open } from '../../../../test/fixtures/ingest/range_builder.js'
import type { RecordBatch } from '../../fetch/record_batch.js'

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

describe('a pending range with an aborted transaction that reaches to the end of a fetch', () => {
  it.each([100, 102])(
    'goes on behind it, where the next fetch begins, and keeps its bounds: from %i',
    async (first) => {
      const { append, builder, bounds, missing } = open({
        start: { from: 100, pending: 109 },
        limits: { maxRows: 100 },
      })
      const aborted = (await kept(messages(first, 105), 6)).map((batch) => ({ ...batch, content: 'aborted' as const }))
      await append([...(await kept(messages(100, first - 1))), ...aborted])
      // A batch that begins later than this is fetched again and again.
      expect(builder.next).toBe(106)
      expect(bounds()).toBeUndefined()
      await append([await control(106), ...(await kept(messages(107, 109)))])
      expect(bounds()).toEqual([100, 109, first - 100 + 3])
      expect(missing).toEqual([])
    },
  )

  it('goes on behind a batch that compaction has shortened', async () => {
    const { append, builder } = open({ start: { from: 100, pending: 109 }, limits: { maxRows: 100 } })
    const [batch] = await kept(messages(100, 101))
    await append([{ ...(batch as RecordBatch), lastOffset: 104 }])
    expect(builder.next).toBe(105)
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
