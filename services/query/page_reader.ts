import type { Stream } from '../../schemas/streams/index.js'
import type { Principal } from './access.js'
import { StoreError } from './errors.js'
import type { ListRequest } from './list_request.js'
import type { Row } from './rows.js'
import { type Span, spanOf, within } from './span.js'
import { extentQuery, listQuery } from './sql.js'
import { MAX_ANSWER_BYTES, type Store } from './store.js'
import { firstWindow, nextWindow } from './windows.js'

/** As long as the database gives one query. No window is begun after it, so a page takes at most twice that. */
const PATIENCE_MS = 30_000

/**
 * The rows of one page, read window by window. That they are read so is not to be seen in them: windows do not overlap, and leave no time
 * between them.
 *
 * @throws {StoreError} also when what the windows take together is more than one query may
 */
export async function readPage(
  stream: Stream,
  { filters, page }: ListRequest,
  principal: Principal,
  { store, signal, clock = () => performance.now() }: Reading,
): Promise<readonly Row[]> {
  const extent = await extentOf(stream, store, signal)
  const span = extent && within(spanOf(filters, page), extent)
  if (span === undefined || span.from >= span.until) return []
  const rows: Row[] = []
  const deadline = clock() + PATIENCE_MS
  let bytes = 0
  let window: Required<Span> | undefined = firstWindow(span, page.order)
  while (window !== undefined) {
    if (clock() > deadline) throw new StoreError('QUERY_TOO_LARGE', 'TIMEOUT_EXCEEDED')
    if (bytes >= MAX_ANSWER_BYTES) throw new StoreError('QUERY_TOO_LARGE', 'TOO_MANY_BYTES')
    const query = listQuery(stream, { ...filters, ...window, limit: filters.limit - rows.length }, principal, page)
    const found = await store.rows(query, signal, MAX_ANSWER_BYTES - bytes)
    rows.push(...found)
    bytes += bytesOf(found)
    const missing = filters.limit - rows.length
    window = missing === 0 ? undefined : nextWindow(span, page.order, window, { found: found.length, missing })
  }
  return rows
}

/** What a page is read with. */
export interface Reading {
  readonly store: Store
  readonly signal: AbortSignal
  /** Milliseconds that pass. */
  readonly clock?: () => number
}

/** From the oldest record's time until just after the newest's; undefined where there is no record. */
async function extentOf(stream: Stream, store: Store, signal: AbortSignal): Promise<Required<Span> | undefined> {
  const [row] = await store.rows(extentQuery(stream), signal)
  if (row === undefined) return undefined
  const [oldest = '', newest = ''] = row
  return { from: BigInt(oldest), until: BigInt(newest) + 1n }
}

/** About as many as the database counts for them. */
function bytesOf(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + row.reduce((length, text) => length + text.length, 0), 0)
}
