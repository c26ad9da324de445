import type { ClickHouseClient } from '@clickhouse/client'
import { type CommittedOffset, decodeCommitMetadata } from './committed_offset.js'

/** What ClickHouse holds of a partition of one incarnation of a topic. */
export interface Ledger {
  /** First offset that is not known to be stored, or undefined when nothing ever was. */
  mark(topicId: string, partition: number): Promise<number | undefined>
  /** The offsets in `[from, to]` whose records are stored. */
  stored(topicId: string, partition: number, from: number, to: number): Promise<readonly number[]>
}

/** Where a partition worker starts. */
export interface Start {
  /** The first offset to read; undefined for the partition's beginning. */
  readonly from: number | undefined
  /** The last offset of a range that may be stored in part: it must be stored as the same range. */
  readonly pending?: number
  /** Offsets from `from` on whose records are already stored. */
  readonly stored: ReadonlySet<number>
}

/**
 * Decides where the worker of a newly assigned partition starts.
 *
 * - A commit with a pending range: exactly that range, without the records that ClickHouse already holds. The same
 *   records get the same tokens, so ClickHouse takes each block once even if a slow earlier writer still sends it.
 *   Reading what is stored covers a deduplication window that has moved on.
 * - A commit without one: from its offset.
 * - No commit (new, or expired while rows are stored), a commit of an earlier incarnation of the topic, or one that an
 *   operator has set: from the mark in ClickHouse, without what is stored beyond it, or from the operator's offset if
 *   it is further.
 */
export async function reconcile(
  topicId: string,
  partition: number,
  committed: CommittedOffset,
  ledger: Ledger,
): Promise<Start> {
  const metadata = decodeCommitMetadata(committed.metadata)
  if (committed.offset !== undefined && metadata?.topicId === topicId) {
    const { pending } = metadata
    if (pending === undefined) return { from: committed.offset, stored: NONE }
    const stored = await ledger.stored(topicId, partition, committed.offset, pending)
    return { from: committed.offset, pending, stored: new Set(stored) }
  }
  const operators = metadata === undefined ? committed.offset : undefined
  const mark = await ledger.mark(topicId, partition)
  const stored = await ledger.stored(topicId, partition, mark ?? 0, Number.MAX_SAFE_INTEGER)
  const known = [operators, mark].filter((offset) => offset !== undefined)
  return { from: known.length === 0 ? undefined : Math.max(...known), stored: new Set(stored) }
}

const NONE: ReadonlySet<number> = new Set()

/** The ledger of one stream's table. */
export function clickHouseLedger(client: ClickHouseClient, table: string): Ledger {
  return {
    async mark(topicId, partition) {
      const result = await client.query({
        query: `SELECT max(next_offset) AS next, count() AS marks FROM ingest_marks
          WHERE topic_id = {topicId:UUID} AND kafka_partition = {partition:UInt32}`,
        query_params: { topicId, partition },
        format: 'JSONEachRow',
      })
      const [row] = await result.json<{ next: string | number; marks: string | number }>()
      return row === undefined || Number(row.marks) === 0 ? undefined : Number(row.next)
    },

    async stored(topicId, partition, from, to) {
      const result = await client.query({
        query: `SELECT DISTINCT kafka_offset FROM {table:Identifier}
          WHERE topic_id = {topicId:UUID} AND kafka_partition = {partition:UInt32}
            AND kafka_offset BETWEEN {from:UInt64} AND {to:UInt64}`,
        query_params: { table, topicId, partition, from, to },
        format: 'JSONCompactEachRow',
      })
      const rows = await result.json<[string | number]>()
      return rows.map(([offset]) => Number(offset))
    },
  }
}
