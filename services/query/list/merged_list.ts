import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import { type Row, timeOf } from '../clickhouse/rows.js'
import type { Filters } from '../parameters/filters.js'
import type { Order, Page } from '../parameters/page.js'
import { fetchPage, type PageSource, recordKey } from './page.js'
import { twinsIn } from './twins.js'

/** A list among those that are merged. No record is in two of one stream. */
export interface MergedSource {
  readonly stream: Stream
  readonly filters: Omit<Filters, 'limit'>
  /** The stream whose records come instead of this one's, where both have a record of one occurrence. */
  readonly yieldsTo?: Stream
}

/** A place in a merged list: a record of one of its sources. */
export interface MergedPlace {
  /** In microseconds since the epoch. */
  readonly time: bigint
  readonly source: number
  readonly eventId: string
}

export interface MergedRow {
  readonly source: number
  readonly row: Row
}

export interface MergedRequest {
  readonly sources: readonly MergedSource[]
  readonly order: Order
  readonly after?: MergedPlace | undefined
  readonly limit: number
  /** Whether no more than the key of each record is read. */
  readonly keysOnly?: boolean
}

/**
 * The first records of several lists as one list: by time, then by the order of the sources, then by `event_id`. An
 * occurrence that two streams have is in it once.
 */
export async function fetchMerged(
  { sources, order, after, limit, keysOnly = false }: MergedRequest,
  principal: Principal,
  pageSource: PageSource,
): Promise<readonly MergedRow[]> {
  const found = await Promise.all(
    sources.map(async (each, source) => {
      const parts = keysOnly ? { ...pageSource, columns: recordKey(each.stream) } : pageSource
      const rows = await fetchWithoutTwins(each, pageAfter(order, after, source), limit, principal, parts)
      return rows.map((row) => ({ source, row, time: timeOf(row) }))
    }),
  )
  const newestFirst = order === 'newest first'
  // The sort is stable, so records of one source keep their order.
  return found
    .flat()
    .toSorted((a, b) => (a.time === b.time ? a.source - b.source : a.time < b.time === newestFirst ? 1 : -1))
    .slice(0, limit)
}

export function placeOf({ source, row }: MergedRow): MergedPlace {
  return { source, time: timeOf(row), eventId: row[0] ?? '' }
}

/** Where a source's records begin that follow a place: of those of its very time, the ones of later sources follow. */
function pageAfter(order: Order, after: MergedPlace | undefined, source: number): Page {
  if (after === undefined) return { order }
  const { time, eventId } = after
  if (source === after.source) return { order, after: { time, eventId } }
  if (source < after.source) return { order, after: { time } }
  return { order, after: { time: order === 'newest first' ? time + 1n : time - 1n } }
}

async function fetchWithoutTwins(
  { stream, filters, yieldsTo }: MergedSource,
  from: Page,
  limit: number,
  principal: Principal,
  pageSource: PageSource,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (let page = from; ; ) {
    const missing = limit - rows.length
    const found = await fetchPage(stream, { filters: { ...filters, limit: missing }, page }, principal, pageSource)
    const twins = yieldsTo === undefined ? undefined : await twinsIn(yieldsTo, found, principal, pageSource)
    rows.push(...found.filter(([id = '']) => !twins?.has(id)))
    const last = found.at(-1)
    if (rows.length === limit || found.length < missing || last === undefined) return rows
    page = { order: from.order, after: { time: timeOf(last), eventId: last[0] ?? '' } }
  }
}
