import { recordColumns } from '../clickhouse/columns.js'
import type { Database } from '../clickhouse/database.js'
import { DatabaseError } from '../clickhouse/errors.js'
import type { Row } from '../clickhouse/rows.js'
import { changesQuery, duplicatesQuery, type Selection } from './query.js'
import {
  advance,
  isBefore,
  type OffsetRange,
  type Partition,
  rangesBefore,
  rangesBetween,
  type StreamPosition,
} from './stream_position.js'

/** A record's row with the columns of a list, and the record's offset. */
export interface Change extends Partition {
  readonly row: Row
  readonly offset: number
}

/** The records after a position, as many as one answer holds. */
export interface ChangesPage {
  /** In the order in which they became visible. The records of one partition are in Kafka’s order. */
  readonly changes: readonly Change[]
  /** Where the next page begins. */
  readonly position: StreamPosition
  /** Whether there were offsets between `position` and the end when the page was read. */
  readonly more: boolean
}

/** What a page is read with. */
export interface QueryContext {
  readonly database: Database
  readonly signal: AbortSignal
  /** The size at which a page ends before its limit, as ClickHouse counts it. A single record may be larger. */
  readonly maxBytes: number
}

/**
 * The most offsets that one page scans: a filter that matches few records costs a caller several short requests, not
 * one long one.
 */
const MAX_SCANNED_OFFSETS = 500_000
/** How much longer the ranges get when the previous ones had too few matching records. */
const GROWTH = 4

/**
 * Reads from `position`, to `end` at most: `limit` records, or fewer. It first scans as many offsets as records are
 * asked for, since each offset has at most one record, and more if they do not match the filters.
 *
 * @throws {DatabaseError}
 */
export async function readChangesPage(
  selection: Selection,
  limit: number,
  position: StreamPosition,
  end: StreamPosition,
  context: QueryContext,
): Promise<ChangesPage> {
  const changes: Change[] = []
  const returned = new Set<string>()
  let here = position
  let scanned = 0
  for (let width = 1; changes.length * 2 <= limit && scanned < MAX_SCANNED_OFFSETS; width *= GROWTH) {
    const unread = rangesBetween(here, end).slice(0, limit - changes.length)
    if (unread.length === 0) break
    // Each partition gets an equal share, so none waits for another one.
    const share = Math.floor((limit - changes.length) / unread.length)
    const maxLength = Math.min(share * width, Math.ceil(MAX_SCANNED_OFFSETS / unread.length))
    const ranges = unread.map((range) => ({ ...range, until: Math.min(range.until, range.from + maxLength) }))
    const found = await readFitting(selection, ranges, share, here, context)
    for (const change of found.changes) {
      const identity = recordIdentity(change.row)
      if (!returned.has(identity)) changes.push(change)
      returned.add(identity)
    }
    here = found.position
    scanned += ranges.reduce((sum, { from, until }) => sum + until - from, 0)
  }
  return { changes, position: here, more: isBefore(here, end) }
}

/** Reads fewer records of each range where they are too large for one page. */
async function readFitting(
  selection: Selection,
  ranges: readonly OffsetRange[],
  limit: number,
  position: StreamPosition,
  context: QueryContext,
): ReturnType<typeof readRanges> {
  try {
    return await readRanges(selection, ranges, limit, position, context)
  } catch (error) {
    const tooLarge = error instanceof DatabaseError && error.reason === RESULT_TOO_LARGE
    const [first] = ranges
    if (!tooLarge || first === undefined) throw error
    if (limit > 1) return readFitting(selection, ranges, Math.ceil(limit / SHRINK), position, context)
    if (ranges.length > 1)
      return readFitting(selection, ranges.slice(0, ranges.length / SHRINK + 1), 1, position, context)
    return readRanges(selection, [first], 1, position, { ...context, maxBytes: MAX_RECORD_BYTES })
  }
}

/** The name of ClickHouse's error for `max_result_bytes`. */
const RESULT_TOO_LARGE = 'TOO_MANY_ROWS_OR_BYTES'
const SHRINK = 8
/** More than the largest record, which has tens of fields of 8 KiB each. */
const MAX_RECORD_BYTES = 4 * 1024 * 1024

async function readRanges(
  selection: Selection,
  ranges: readonly OffsetRange[],
  limit: number,
  position: StreamPosition,
  { database, signal, maxBytes }: QueryContext,
): Promise<{ readonly changes: readonly Change[]; readonly position: StreamPosition }> {
  const rows = await database.rows(changesQuery(selection, ranges, limit), signal, maxBytes)
  const found = rows.map((row) => storedChange(selection, row))
  const before = rangesBefore(position)
  const duplicates = new Set<string>()
  if (found.length > 0 && before.length > 0) {
    for (const row of await database.rows(duplicatesQuery(selection, ranges, limit, before), signal))
      duplicates.add(recordIdentity(row))
  }
  return {
    changes: inVisibilityOrder(found.filter(({ row }) => !duplicates.has(recordIdentity(row)))),
    position: advance(position, scanned(ranges, found, limit)),
  }
}

interface StoredChange extends Change {
  /** When ingest stored it, in milliseconds since the epoch. */
  readonly storedAt: number
}

function storedChange({ stream }: Selection, row: Row): StoredChange {
  const width = recordColumns(stream).length
  const [topicId = '', partition, offset, storedAt] = row.slice(width)
  return {
    row: row.slice(0, width),
    topicId,
    partition: Number(partition),
    offset: Number(offset),
    storedAt: Number(storedAt),
  }
}

/**
 * How far each range has been read: to its end, unless it returned `limit` records. Then it may have more of them, so
 * the next page begins after the last one.
 */
function scanned(ranges: readonly OffsetRange[], found: readonly StoredChange[], limit: number) {
  const ofPartition = new Map<string, { count: number; last: number }>()
  for (const change of found) {
    const count = (ofPartition.get(partitionKey(change))?.count ?? 0) + 1
    ofPartition.set(partitionKey(change), { count, last: change.offset })
  }
  return ranges.map((range) => {
    const { count, last } = ofPartition.get(partitionKey(range)) ?? { count: 0, last: 0 }
    return { ...range, until: count < limit ? range.until : last + 1 }
  })
}

function partitionKey({ topicId, partition }: Partition): string {
  return `${topicId} ${partition}`
}

/**
 * Sorted by the time at which ingest stored the records, without changing the order within a partition: the clocks of
 * two workers may differ, and a partition may have moved from one to the other.
 */
function inVisibilityOrder(found: readonly StoredChange[]): readonly Change[] {
  const latest = new Map<string, number>()
  const keyed = found.map((change) => {
    const partition = partitionKey(change)
    const at = Math.max(change.storedAt, latest.get(partition) ?? 0)
    latest.set(partition, at)
    return { change, at }
  })
  return keyed.sort((a, b) => a.at - b.at).map(({ change }) => change)
}

/** The same for all copies of a record: its `event_id` and `time`, the first columns of a row. */
function recordIdentity([eventId, time]: Row): string {
  return `${eventId} ${time}`
}
