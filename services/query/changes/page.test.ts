import { describe, expect, it } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import { recordColumns } from '../clickhouse/columns.js'
import type { Database, Query } from '../clickhouse/database.js'
import { DatabaseError } from '../clickhouse/errors.js'
import type { Row } from '../clickhouse/rows.js'
import { readChangesPage } from './page.js'
import { BEGINNING, type StreamPosition } from './stream_position.js'

const TOPIC = '0190f3c8-7b1e-7c3a-9d2e-112233445566'
const ASKED = {
  stream: authAudits,
  filters: { limit: 500, fields: [] },
  principal: { subject: 's', scopes: [], organizations: 'all' as const },
}

interface Stored {
  readonly id: string
  readonly partition: number
  readonly offset: number
  readonly storedAt?: number
  readonly fits?: boolean
}

/** A database of these records, which understands what `changesQuery` and `duplicatesQuery` bind. */
function databaseOf(stored: readonly Stored[]): Database & { readonly asked: Query[] } {
  const asked: Query[] = []
  const row = ({ id, partition, offset, storedAt = 0 }: Stored): Row => [
    ...recordColumns(authAudits).map((column) =>
      column === 'event_id' ? id : column === 'time' ? '2026-01-31 00:00:00.000000' : '',
    ),
    ...[TOPIC, String(partition), String(offset), String(storedAt)],
  ]
  return {
    asked,
    async rows(query) {
      asked.push(query)
      const params = query.query_params as Readonly<Record<string, readonly number[]>> & { readonly limit: number }
      const inside = (prefix: string) => (record: Stored) =>
        record.offset >= Number(params[`${prefix}_from`]?.[record.partition] ?? 0) &&
        record.offset < Number(params[`${prefix}_until`]?.[record.partition] ?? 0)
      const found = stored
        .filter(({ fits = true }) => fits)
        .filter(inside('in'))
        .toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)
      const taken = new Map<number, number>()
      const limited = found.filter(({ partition }) => {
        taken.set(partition, (taken.get(partition) ?? 0) + 1)
        return Number(taken.get(partition)) <= Number(params.limit)
      })
      if (!query.query.startsWith('SELECT DISTINCT')) return limited.map(row)
      const ids = new Set(limited.map(({ id }) => id))
      return stored
        .filter(({ id }) => ids.has(id))
        .filter(inside('before'))
        .map(({ id }) => [id, '2026-01-31 00:00:00.000000'])
    },
  }
}

function at(...offsets: number[]): StreamPosition {
  return new Map([[TOPIC, offsets]])
}

function records(partition: number, count: number, extra: Partial<Stored> = {}): Stored[] {
  return Array.from({ length: count }, (_, offset) => ({ id: `${partition}-${offset}`, partition, offset, ...extra }))
}

async function read(database: Database, limit: number, from: StreamPosition, end: StreamPosition) {
  const page = await readChangesPage(ASKED, limit, from, end, {
    database,
    signal: new AbortController().signal,
    maxBytes: 1_000,
  })
  return { ...page, ids: page.changes.map(({ row }) => row[0]) }
}

describe('a page', () => {
  it('sends no query when there are no new offsets', async () => {
    const database = databaseOf([])
    expect(await read(database, 10, at(4), at(4))).toMatchObject({ ids: [], position: at(4), more: false })
    expect(database.asked).toEqual([])
  })

  it('reads to the end when everything fits, and looks for no duplicates before the beginning', async () => {
    const database = databaseOf([...records(0, 3), ...records(1, 2)])
    expect(await read(database, 10, BEGINNING, at(3, 2))).toMatchObject({ position: at(3, 2), more: false })
    expect(database.asked).toHaveLength(1)
  })

  it('never skips offsets that it has not read', async () => {
    const database = databaseOf(records(0, 9))
    expect(await read(database, 10, BEGINNING, at(5))).toMatchObject({
      ids: records(0, 5).map(({ id }) => id),
      position: at(5),
    })
  })

  it('gives each partition a share, and the longest ranges first when the limit is smaller', async () => {
    const database = databaseOf([...records(0, 50), ...records(1, 3), ...records(2, 40)])
    const page = await read(database, 2, BEGINNING, at(50, 3, 40))
    expect(page).toMatchObject({ ids: ['0-0', '2-0'], position: at(1, 0, 1), more: true })
    const shared = await read(database, 30, BEGINNING, at(50, 3, 40))
    expect(shared.position).toEqual(at(10, 3, 10))
  })

  it('scans further when few records match, and ends after the last one that it returns', async () => {
    const sparse = records(0, 4_000, { fits: false }).map((record) => ({
      ...record,
      fits: record.offset % 1_000 === 999,
    }))
    const database = databaseOf(sparse)
    const page = await read(database, 10, BEGINNING, at(4_000))
    expect(page).toMatchObject({ ids: ['0-999', '0-1999', '0-2999', '0-3999'], position: at(4_000), more: false })
    expect(database.asked.length).toBeLessThan(12)
    expect(await read(database, 1, BEGINNING, at(4_000))).toMatchObject({
      ids: ['0-999'],
      position: at(1_000),
      more: true,
    })
  })

  it('is short when no record matches for long, and says that there is more', async () => {
    const database = databaseOf([])
    const page = await read(database, 100, BEGINNING, at(10_000_000))
    expect(page).toMatchObject({ ids: [], more: true })
    const [[offset = 0] = []] = [...page.position.values()]
    expect(offset).toBeGreaterThanOrEqual(500_000)
    expect(offset).toBeLessThan(1_500_000)
  })
})

describe('the order', () => {
  it('is by the time of storing, and by offset within a partition when clocks differ', async () => {
    const database = databaseOf([
      { id: 'a', partition: 0, offset: 0, storedAt: 50 },
      { id: 'b', partition: 0, offset: 1, storedAt: 20 },
      { id: 'c', partition: 1, offset: 0, storedAt: 10 },
      { id: 'd', partition: 1, offset: 1, storedAt: 60 },
    ])
    expect((await read(database, 10, BEGINNING, at(2, 2))).ids).toEqual(['c', 'a', 'b', 'd'])
  })
})

describe('a record that the table has twice', () => {
  const twice = [
    { id: 'x', partition: 0, offset: 0 },
    { id: 'y', partition: 0, offset: 1 },
    { id: 'x', partition: 0, offset: 2 },
    { id: 'x', partition: 1, offset: 0 },
  ]

  it('is returned once in a page', async () => {
    expect((await read(databaseOf(twice), 10, BEGINNING, at(3, 1))).ids.toSorted()).toEqual(['x', 'y'])
  })

  it('is not returned when a copy is before the position', async () => {
    const page = await read(databaseOf(twice), 10, at(1), at(3, 1))
    expect(page).toMatchObject({ ids: ['y'], position: at(3, 1) })
  })

  it('is returned once when two rows have the same offset', async () => {
    const doubled = [...records(0, 3), ...records(0, 3)]
    expect(await read(databaseOf(doubled), 3, BEGINNING, at(3))).toMatchObject({ ids: ['0-0', '0-1'], position: at(2) })
    expect((await read(databaseOf(doubled), 10, BEGINNING, at(3))).ids).toEqual(['0-0', '0-1', '0-2'])
  })
})

describe('records that are too large for a page', () => {
  /** A database that refuses to return more than so many rows. */
  function narrow(stored: readonly Stored[], most: number): Database & { readonly asked: Query[] } {
    const database = databaseOf(stored)
    return {
      asked: database.asked,
      async rows(query, signal, maxBytes = 0) {
        const rows = await database.rows(query, signal)
        if (rows.length > most && maxBytes < 1_000_000) {
          throw new DatabaseError('QUERY_TOO_LARGE', 'TOO_MANY_ROWS_OR_BYTES')
        }
        return rows
      },
    }
  }

  it.each([0, 1, 2, 10])('are returned in smaller pages, each once (%i rows fit)', async (most) => {
    const stored = [...records(0, 30), ...records(1, 7), ...records(2, 1)]
    const database = narrow(stored, most)
    const ids: string[] = []
    for (let position = BEGINNING; ; ) {
      const page = await read(database, 100, position, at(30, 7, 1))
      ids.push(...page.ids.map(String))
      if (!page.more) break
      position = page.position
    }
    expect(ids.toSorted()).toEqual(stored.map(({ id }) => id).toSorted())
    expect(ids.filter((id) => id.startsWith('0'))).toEqual(records(0, 30).map(({ id }) => id))
  })

  it('fail when the database does for another reason', async () => {
    const failing: Database = {
      rows: async () => Promise.reject(new DatabaseError('QUERY_TOO_LARGE', 'TOO_MANY_ROWS')),
    }
    await expect(read(failing, 10, BEGINNING, at(3))).rejects.toMatchObject({ reason: 'TOO_MANY_ROWS' })
  })
})
