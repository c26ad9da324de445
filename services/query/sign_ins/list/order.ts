import type { ApiRecord } from '../../clickhouse/rows.js'

/**
 * Compares records as a list orders them, the newest first: by time, then by `event_id` as ClickHouse compares UUIDs,
 * the second half first.
 */
export function newestFirst(a: ApiRecord, b: ApiRecord): number {
  const [first, second] = [placeOf(a), placeOf(b)]
  return first > second ? -1 : first < second ? 1 : 0
}

function placeOf({ time, event_id }: ApiRecord): string {
  const hex = event_id.replaceAll('-', '')
  return `${time} ${hex.slice(16)}${hex.slice(0, 16)}`
}
