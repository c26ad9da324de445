import { MAX_GROUPS } from '../../../schemas/derive/counts.js'
import { rfc3339FromMicros } from '../../../schemas/streams/rfc3339.js'
import { Problem } from '../../runtime/problem.js'
import type { Row } from '../clickhouse/rows.js'
import { type CountsRequest, intervalsOf } from './request.js'

/** The body of the answer: what was counted, and the counts. Absent values are left out, as in records. */
export function countsAnswer({ by, interval, largest, filters }: CountsRequest, rows: readonly Row[]): object {
  if (rows.length > MAX_GROUPS) throw tooManyGroups()
  return {
    by,
    ...(interval === undefined ? {} : { interval: interval.name, timezone: interval.zone.name }),
    ...(largest === undefined ? {} : { limit: largest }),
    dt_from: rfc3339FromMicros(filters.from),
    dt_to: rfc3339FromMicros(filters.until),
    counts: rows.map(([count, ...keys]) => {
      const [begins, values] = interval === undefined ? [undefined, keys] : [keys[0], keys.slice(1)]
      return {
        ...(begins === undefined ? {} : { time: rfc3339FromMicros(BigInt(begins) * 1_000_000n) }),
        ...Object.fromEntries(by.map((field, index) => [field, values[index]]).filter(([, value]) => value !== '')),
        count: Number(count),
      }
    }),
  }
}

/** @throws {Problem} 400 `TOO_MANY_GROUPS` for a request whose intervals could have more groups than an answer may */
export function rejectTooManyIntervals(request: CountsRequest): void {
  const ofEach = request.interval === undefined ? 1 : (request.largest ?? 1)
  if (intervalsOf(request) * BigInt(ofEach) > BigInt(MAX_GROUPS)) throw tooManyGroups()
}

export function tooManyGroups(): Problem {
  return new Problem(
    400,
    'TOO_MANY_GROUPS',
    `There are more than ${MAX_GROUPS} counts. Ask for fewer: a longer interval, a shorter time between dt_from and ` +
      'dt_to, fewer fields in by (or fields with fewer values), one more filter, or only the largest ones (limit).',
  )
}
