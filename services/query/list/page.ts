import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../auth/bearer_tokens.js'
import { type Database, MAX_ANSWER_BYTES } from '../clickhouse/database.js'
import { DatabaseError } from '../clickhouse/errors.js'
import { listQuery, type OtherColumns } from '../clickhouse/query.js'
import { type Row, timeOf } from '../clickhouse/rows.js'
import { isEmpty, opened, type Span, spanOf, within } from '../clickhouse/time_bounds.js'
import type { Filters } from '../parameters/filters.js'
import type { Order } from '../parameters/page.js'
import { questionOf, type Spacings } from './density_cache.js'
import type { ListRequest } from './request.js'
import { narrow } from './resolve_values.js'
import type { Extents } from './time_extent.js'
import { firstWindow, isShort, nextWindow } from './windows.js'

/** As long as the database gives one query. No window is begun after it, so a page takes at most twice that. */
const PATIENCE_MS = 30_000

/**
 * The rows of one page, read window by window. That they are read so is not to be seen in them: windows do not overlap, and leave no time
 * between them.
 *
 * @throws {DatabaseError} also when what the windows take together is more than one query may
 */
export async function readPage(
  stream: Stream,
  { filters, page }: ListRequest,
  principal: Principal,
  { database, extents, spacings, signal, clock = () => performance.now() }: Reading,
): Promise<readonly Row[]> {
  const bounds = spanOf(filters, page)
  if (isEmpty(bounds)) return []
  const extent = await extents.of(stream, signal)
  if (extent === undefined) return []
  const narrowed = await narrow(stream, filters, database, signal)
  if (narrowed === undefined) return []
  const span = within(bounds, extent)
  const rows: Row[] = []
  const deadline = clock() + PATIENCE_MS
  let bytes = 0
  const ofId = isOfId(stream, narrowed)
  const question = questionOf(stream, filters, principal)
  const known = { missing: filters.limit, spacing: spacings.of(question) }
  let window: Required<Span> | undefined = firstWindow(span, page.order, known)
  const farApart = othersFarApart(filters, principal)
  // A short window that fills a page holds much beside it.
  let others = isShort(window) ? 'late' : farApart
  while (window !== undefined) {
    if (clock() > deadline) throw new DatabaseError('QUERY_TOO_LARGE', 'TIMEOUT_EXCEEDED')
    if (bytes >= MAX_ANSWER_BYTES) throw new DatabaseError('QUERY_TOO_LARGE', 'TOO_MANY_BYTES')
    // Records may have come since the extent was asked for; they lie beyond an end of it.
    const sought = { ...narrowed, ...opened(window, span, bounds), limit: filters.limit - rows.length }
    const query = listQuery(stream, sought, principal, page, others)
    const found = await database.rows(query, signal, MAX_ANSWER_BYTES - bytes)
    rows.push(...found)
    bytes += bytesOf(found)
    others = farApart
    const missing = filters.limit - rows.length
    window = missing === 0 ? undefined : nextWindow(span, page.order, window, { found: found.length, missing, ofId })
  }
  // What is not there in a part of all time says nothing of the rest.
  const isWhole = bounds.from === undefined && bounds.until === undefined
  if (isWhole || rows.length === filters.limit) {
    spacings.note(question, spacingOf(rows, filters.limit, span, page.order))
  }
  return rows
}

/**
 * For records that lie far apart: where there is one condition, each granule in which it is met holds a record of the page. Where there are
 * two, most granules in which both are met hold no record that meets both.
 */
function othersFarApart({ fields, outcomes }: Filters, { organizations }: Principal): OtherColumns {
  const conditions = fields.length + (outcomes === undefined ? 0 : 1) + (organizations === 'all' ? 0 : 1)
  return conditions > 1 ? 'late' : 'at once'
}

/** Microseconds from a row to the next: of a full page until its last row, else in the whole span. */
function spacingOf(rows: readonly Row[], limit: number, span: Required<Span>, order: Order): number {
  const last = rows.length < limit ? undefined : rows.at(-1)
  const until = last === undefined || order === 'newest first' ? span.until : timeOf(last)
  const from = last === undefined || order === 'oldest first' ? span.from : timeOf(last)
  // Records may lie beyond an end of the span, as above.
  return Math.max(1, Number(until - from)) / Math.max(1, rows.length)
}

/** What a page is read with. */
export interface Reading {
  readonly database: Database
  readonly extents: Extents
  readonly spacings: Spacings
  readonly signal: AbortSignal
  /** Milliseconds that pass. */
  readonly clock?: () => number
}

/** Whether the records that are looked for are those of one occurrence, or of some. */
function isOfId(stream: Stream, { fields }: Filters): boolean {
  const ids = new Set(stream.fields.filter(({ cardinality }) => cardinality === 'id').map(({ name }) => name))
  return fields.some(({ field, match }) => match === 'id' || ids.has(field))
}

/** About as many as the database counts for them. */
function bytesOf(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + row.reduce((length, text) => length + text.length, 0), 0)
}
