import type { Stream } from '../../../../schemas/streams/index.js'
import type { Principal } from '../../../runtime/auth/bearer_tokens.js'
import type { Database } from '../../clickhouse/database.js'
import { DatabaseError } from '../../clickhouse/errors.js'
import type { Row } from '../../clickhouse/rows.js'
import { tooManyGroups } from '../../counts/answer.js'
import { partOf, partsQuery } from '../../counts/parts.js'
import { chunksOf } from './chunks.js'
import { signInCountsQuery } from './query.js'
import type { SignInCountsRequest } from './request.js'

/** No query begins after 30 s, the limit of one. So counts take at most 60 s. */
const TIMEOUT_MS = 30_000
/** More groups than these are not added up. */
const MAX_GROUPS_HELD = 100_000

export interface SignInCountsSource {
  readonly database: Database
  readonly signal: AbortSignal
  /** How many records one query groups, about; only tests set it. */
  readonly recordsAtOnce?: number
  /** A monotonic clock, in milliseconds. */
  readonly clock?: () => number
}

/**
 * The rows of `countsAnswer`: all groups, or the largest ones. Sign-ins are counted chunk by chunk of the time, because
 * grouping all records by their traces at once would take memory without a bound.
 *
 * @throws {DatabaseError}
 * @throws {Problem} 400 `TOO_MANY_GROUPS`
 */
export async function fetchSignInCounts(
  stream: Stream,
  request: SignInCountsRequest,
  principal: Principal,
  { database, signal, recordsAtOnce, clock = () => performance.now() }: SignInCountsSource,
): Promise<readonly Row[]> {
  const { interval, largest, filters } = request.counts
  const range = { from: filters.from, until: filters.until }
  const deadline = clock() + TIMEOUT_MS
  const parts = (await database.rows(partsQuery(stream, range), signal)).map(partOf)
  const counted = new Map<string, { readonly keys: Row; count: number }>()
  for (const chunk of chunksOf(range, parts, recordsAtOnce)) {
    if (clock() > deadline) throw new DatabaseError('QUERY_TOO_LARGE', 'TIMEOUT_EXCEEDED')
    const query = signInCountsQuery(stream, request, principal, chunk, MAX_GROUPS_HELD + 1)
    for (const [count = '0', ...keys] of await database.rows(query, signal)) {
      const key = JSON.stringify(keys)
      const group = counted.get(key)
      if (group === undefined) counted.set(key, { keys: keys.map(String), count: Number(count) })
      else group.count += Number(count)
    }
    if (counted.size > MAX_GROUPS_HELD) throw tooManyGroups()
  }
  const groups = [...counted.values()].filter(({ count }) => count > 0)
  const sorted = groups.toSorted((a, b) => byTime(a, b) || b.count - a.count || compared(a.keys, b.keys))
  const shown = largest === undefined ? sorted : largestOf(sorted)
  return shown.map(({ keys, count }) => [String(count), ...keys])

  function byTime(a: { readonly keys: Row }, b: { readonly keys: Row }): number {
    return interval === undefined ? 0 : Number(a.keys[0]) - Number(b.keys[0])
  }

  function largestOf(of: typeof sorted): typeof sorted {
    let time: string | undefined
    let taken = 0
    return of.filter(({ keys }) => {
      const begins = interval === undefined ? '' : keys[0]
      if (begins !== time) [time, taken] = [begins, 0]
      taken++
      return taken <= (largest ?? taken)
    })
  }
}

function compared(a: Row, b: Row): number {
  const [first, second] = [a.join('\0'), b.join('\0')]
  return first < second ? -1 : first > second ? 1 : 0
}
