import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import { recordColumns } from '../clickhouse/columns.js'
import { type Database, MAX_ANSWER_BYTES } from '../clickhouse/database.js'
import { DatabaseError } from '../clickhouse/errors.js'
import { type Row, timeOf } from '../clickhouse/rows.js'
import { rowsOnce } from '../clickhouse/rows_once.js'
import { sortKeyOf } from '../clickhouse/sort_key.js'
import { extendedTo, intersection, isEmpty, pageBounds, type TimeRange } from '../clickhouse/time_bounds.js'
import type { Filters } from '../parameters/filters.js'
import type { Order } from '../parameters/page.js'
import { type DensityCache, densityKey } from './density_cache.js'
import { listQuery } from './query.js'
import type { ListRequest } from './request.js'
import { resolveValues } from './resolve_values.js'
import type { TimeExtentCache } from './time_extent.js'
import { firstWindow, isShort, nextWindow } from './windows.js'

/** No window begins after 30 s, the limit of one query. So a page takes at most 60 s. */
const TIMEOUT_MS = 30_000
/**
 * Windows up to this width, in microseconds, are read without resolved values: resolving reads all parts that have not
 * been merged yet, and a short window has few records.
 */
const MAX_UNRESOLVED_WIDTH = 10_000_000n

/** What reading a page needs. */
export interface PageSource {
  readonly database: Database
  readonly timeExtents: TimeExtentCache
  readonly densityCache: DensityCache
  readonly signal: AbortSignal
  /** A monotonic clock, in milliseconds. */
  readonly clock?: () => number
  /** What is read of each record: at least `recordKey`; by default, all of it. */
  readonly columns?: readonly string[]
}

/** The columns that tell records apart; the first ones are those that order a list. */
export function recordKey({ organizations }: Stream): readonly string[] {
  return ['event_id', 'time', ...organizations.slice(0, 1)]
}

/**
 * The rows of one page, read window by window. The result is the same as from one query, because windows cover the
 * whole range and don't overlap.
 *
 * @throws {DatabaseError} also when all windows together exceed the limits of one query
 */
export async function fetchPage(
  stream: Stream,
  { filters, page }: ListRequest,
  principal: Principal,
  source: PageSource,
): Promise<readonly Row[]> {
  const { database, timeExtents, densityCache, signal, clock = () => performance.now() } = source
  const { columns = recordColumns(stream) } = source
  const bounds = pageBounds(filters, page)
  if (isEmpty(bounds)) return []
  const extent = await timeExtents.get(stream, signal)
  if (extent === undefined) return []
  const range = intersection(bounds, extent)
  const rows: Row[] = []
  const deadline = clock() + TIMEOUT_MS
  let bytes = 0
  const keyOf = sortKeyOf(stream, columns)
  const byId = hasIdFilter(stream, filters)
  const key = densityKey(stream, filters, principal)
  const sparseIsLazy = isSelective(filters, principal)
  let window: TimeRange | undefined = firstWindow(range, page.order, {
    missing: filters.limit,
    microsPerRecord: densityCache.get(key),
  })
  let resolved: Filters | undefined
  while (window !== undefined) {
    if (clock() > deadline) throw new DatabaseError('QUERY_TOO_LARGE', 'TIMEOUT_EXCEEDED')
    if (bytes >= MAX_ANSWER_BYTES) throw new DatabaseError('QUERY_TOO_LARGE', 'TOO_MANY_BYTES')
    if (resolved === undefined && window.until - window.from > MAX_UNRESOLVED_WIDTH) {
      resolved = await resolveValues(stream, filters, principal, database, signal)
      if (resolved === undefined) break
    }
    // Records that were stored since the extent was read may lie beyond its ends, so a window at an end is open there.
    const windowFilters = {
      ...(resolved ?? filters),
      ...extendedTo(bounds, window, range),
      limit: filters.limit - rows.length,
    }
    // A short window that fills a page has many records that are not on it.
    const lazyColumns = isShort(window) || sparseIsLazy
    const maxBytes = MAX_ANSWER_BYTES - bytes
    const found = await rowsOnce(
      windowFilters.limit,
      ({ final, limit }) => {
        const query = listQuery(stream, { ...windowFilters, limit }, principal, page, { lazyColumns, final, columns })
        return database.rows(query, signal, maxBytes)
      },
      keyOf,
    )
    rows.push(...found)
    bytes += bytesOf(found)
    const missing = filters.limit - rows.length
    const result = { found: found.length, foundBefore: rows.length - found.length, missing, byId }
    window = missing === 0 ? undefined : nextWindow(range, page.order, window, result)
  }
  // Few records between bounds say nothing about the density elsewhere.
  const isUnbounded = bounds.from === undefined && bounds.until === undefined
  if (isUnbounded || rows.length === filters.limit) {
    densityCache.set(key, microsPerRecord(rows, filters.limit, range, page.order))
  }
  return rows
}

/**
 * Whether the filters combine more than one condition, where records are sparse. With one condition, each granule that
 * matches holds a record of the page. With two, most granules that match both hold no record that matches both.
 */
function isSelective({ fields, outcomes, kinds, where }: Filters, { organizations }: Principal): boolean {
  const derived = [outcomes, kinds, where].filter((each) => each !== undefined)
  return fields.length + derived.length + (organizations === 'all' ? 0 : 1) > 1
}

/** Of a full page: between its start and its last row. Otherwise: in the whole range. */
function microsPerRecord(rows: readonly Row[], limit: number, range: TimeRange, order: Order): number {
  const last = rows.length < limit ? undefined : rows.at(-1)
  const until = last === undefined || order === 'newest first' ? range.until : timeOf(last)
  const from = last === undefined || order === 'oldest first' ? range.from : timeOf(last)
  // The last row may lie beyond the range's ends, as above.
  return Math.max(1, Number(until - from)) / Math.max(1, rows.length)
}

/** Whether a filter names ids, so that the records that match are those of one occurrence, or of a few. */
function hasIdFilter(stream: Stream, { fields }: Filters): boolean {
  const ids = new Set(stream.fields.filter(({ cardinality }) => cardinality === 'id').map(({ name }) => name))
  return fields.some(({ field, match, excludes }) => excludes !== true && (match === 'id' || ids.has(field)))
}

/** About as many as ClickHouse counts for the rows. */
function bytesOf(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + row.reduce((length, text) => length + text.length, 0), 0)
}
