import type { Stream } from '../../../schemas/streams/index.js'
import type { Row } from './rows.js'

/** In microseconds. */
const MINUTE = 60_000_000n

/** The first column of the tables' sorting key: within a minute, records are sorted by organization. */
export const SORT_BUCKET = 'toStartOfMinute(time)'

/** The last full minute that is not after a time, both in microseconds since the epoch. */
export function fullMinute(micros: bigint): bigint {
  return micros - (((micros % MINUTE) + MINUTE) % MINUTE)
}

/** The columns of the sorting key, in order. Copies of a record are equal in all of them; different records are not. */
export function sortKey({ organizations }: Stream): readonly string[] {
  return [SORT_BUCKET, ...organizations.slice(0, 1), 'time', 'event_id']
}

/** The same as text, for rows with these columns: equal for copies of a record alone. */
export function sortKeyOf({ organizations }: Stream, columns: readonly string[]): (row: Row) => string {
  const places = ['time', 'event_id', ...organizations.slice(0, 1)].map((name) => columns.indexOf(name))
  return (row) => places.map((place) => row[place]).join('\0')
}
