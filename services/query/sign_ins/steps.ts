import type { ApiRecord } from '../clickhouse/rows.js'

/**
 * By time, then by `event_id` as text. Ids of one emitter (UUIDv7) grow as text, but not in the order in which
 * ClickHouse sorts UUIDs.
 */
export function inOrder(records: readonly ApiRecord[]): readonly ApiRecord[] {
  const sortKey = ({ time, event_id }: ApiRecord) => time + event_id
  return records.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
}

/** The session of the sign-in's last record; else the last session of any stage. */
export function sessionOf(end: ApiRecord, stages: readonly ApiRecord[]): string | undefined {
  const named = [end, ...stages.toReversed()].find(({ session }) => session !== undefined)
  return named === undefined ? undefined : String(named.session)
}
