import { recordColumns } from '../clickhouse/columns.js'
import type { Database } from '../clickhouse/database.js'
import type { Row } from '../clickhouse/rows.js'
import {
  advanced,
  isBefore,
  type Partition,
  type Position,
  type Stretch,
  stretchesBehind,
  stretchesBetween,
} from './position.js'
import { type Asked, arrivalQuery, copiesQuery } from './query.js'

/** A record's row as a list has it, and where the record stood. */
export interface Arrival extends Partition {
  readonly row: Row
  readonly offset: number
}

/** What lies behind a position up to another one, as far as one answer goes. */
export interface ArrivalPage {
  /** In the order in which they became visible; those of one partition in Kafka’s. */
  readonly arrivals: readonly Arrival[]
  /** Where the next page begins. */
  readonly position: Position
  /** Whether something lay between that and the end when it was read. */
  readonly more: boolean
}

export interface Reading {
  readonly database: Database
  readonly signal: AbortSignal
}

/** Offsets that one page looks through at the most, so that a filter that few records fit costs a caller several short requests. */
const MOST_OFFSETS = 500_000
/** By how much a stretch grows when the one before had too few records that fit. */
const GROWTH = 4

/**
 * Reads on from `position`, at most to `end`: `limit` records, or fewer. It looks at as many offsets as records are asked for, since no
 * offset has two, and at more where they do not fit the filters.
 *
 * @throws {DatabaseError}
 */
export async function readPage(
  asked: Asked,
  limit: number,
  position: Position,
  end: Position,
  { database, signal }: Reading,
): Promise<ArrivalPage> {
  const arrivals: Arrival[] = []
  const known = new Set<string>()
  let here = position
  let looked = 0
  for (let width = 1; arrivals.length * 2 <= limit && looked < MOST_OFFSETS; width *= GROWTH) {
    const ahead = stretchesBetween(here, end).slice(0, limit - arrivals.length)
    if (ahead.length === 0) break
    // Every partition its share: none waits for another that is ahead of it.
    const most = Math.floor((limit - arrivals.length) / ahead.length)
    const longest = Math.min(most * width, Math.ceil(MOST_OFFSETS / ahead.length))
    const stretches = ahead.map((stretch) => ({ ...stretch, until: Math.min(stretch.until, stretch.from + longest) }))
    const found = await readStretches(asked, stretches, most, here, { database, signal })
    for (const arrival of found.arrivals) {
      const identity = recordIdentity(arrival.row)
      if (!known.has(identity)) arrivals.push(arrival)
      known.add(identity)
    }
    here = found.position
    looked += stretches.reduce((sum, { from, until }) => sum + until - from, 0)
  }
  return { arrivals, position: here, more: isBefore(here, end) }
}

async function readStretches(
  asked: Asked,
  stretches: readonly Stretch[],
  most: number,
  position: Position,
  { database, signal }: Reading,
): Promise<{ readonly arrivals: readonly Arrival[]; readonly position: Position }> {
  const rows = await database.rows(arrivalQuery(asked, stretches, most), signal)
  const found = rows.map((row) => placed(asked, row))
  const moves = stretches.map((stretch) => ({ ...stretch, until: reached(stretch, found, most) }))
  const behind = stretchesBehind(position)
  const passed = new Set<string>()
  if (found.length > 0 && behind.length > 0) {
    for (const row of await database.rows(copiesQuery(asked, stretches, most, behind), signal))
      passed.add(recordIdentity(row))
  }
  return {
    arrivals: inOrderOfArrival(found.filter(({ row }) => !passed.has(recordIdentity(row)))),
    position: advanced(position, moves),
  }
}

interface Found extends Arrival {
  /** When ingest stored it, in milliseconds since the epoch. */
  readonly storedAt: number
}

function placed({ stream }: Asked, row: Row): Found {
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

/** A stretch with as many records as were asked for may have more of them: the next page begins after the last one. */
function reached(stretch: Stretch, found: readonly Found[], most: number): number {
  const own = found.filter(({ topicId, partition }) => topicId === stretch.topicId && partition === stretch.partition)
  return own.length < most ? stretch.until : (own.at(-1) as Found).offset + 1
}

/**
 * By the time at which ingest stored them, except that a partition's own order is never changed: clocks of two workers may differ, and a
 * partition may have moved from one to the other.
 */
function inOrderOfArrival(found: readonly Found[]): readonly Arrival[] {
  const latest = new Map<string, number>()
  const keyed = found.map((arrival) => {
    const lane = `${arrival.topicId} ${arrival.partition}`
    const at = Math.max(arrival.storedAt, latest.get(lane) ?? 0)
    latest.set(lane, at)
    return { arrival, at }
  })
  return keyed.sort((a, b) => a.at - b.at).map(({ arrival }) => arrival)
}

/** The same for all copies of a record: its `event_id` and `time`, the first columns of a row. */
function recordIdentity([eventId, time]: Row): string {
  return `${eventId} ${time}`
}
