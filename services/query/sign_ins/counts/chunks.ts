import { HOUR } from '../../clickhouse/hour.js'
import type { TimeRange } from '../../clickhouse/time_bounds.js'
import { overlaps, type Part } from '../../counts/parts.js'

/**
 * How many records one query groups by their traces, about: a trace in memory takes as much as a few hundred bytes a
 * record, and a query may take a gigabyte.
 */
const RECORDS = 500_000
/** Each query also reads an hour before and after its range, so a short range would read mostly that. */
const SHORTEST = 2n * HOUR

/**
 * Ranges that cover the records of the parts within a range of time, each with about as many records as a query can
 * group. A part has the records of one day.
 */
export function chunksOf(range: TimeRange, parts: readonly Part[], records = RECORDS): readonly TimeRange[] {
  const inside = parts.filter((part) => overlaps(part, range))
  const [first, ...rest] = inside
  if (first === undefined) return []
  const from = max(
    range.from,
    rest.reduce((least, { oldest }) => min(least, oldest), first.oldest),
  )
  const until = min(range.until, rest.reduce((most, { newest }) => max(most, newest), first.newest) + 1n)
  const chunks: TimeRange[] = []
  for (let begin = from; begin < until; ) {
    const end = endOfChunk(begin, until, inside, records)
    chunks.push({ from: begin, until: end })
    begin = end
  }
  return chunks
}

/** The end of the longest chunk from `begin` on that has few enough records, by halves. */
function endOfChunk(begin: bigint, until: bigint, parts: readonly Part[], records: number): bigint {
  let length = until - begin
  while (length > SHORTEST && recordsWithin({ from: begin, until: begin + length }, parts) > records) {
    length = max(SHORTEST, (length + 1n) / 2n)
  }
  return begin + length
}

/** About how many records of the parts lie in a range, if those of a part are spread evenly. */
function recordsWithin({ from, until }: TimeRange, parts: readonly Part[]): number {
  return parts.reduce((sum, { oldest, newest, rows }) => {
    const within = min(until, newest + 1n) - max(from, oldest)
    return within <= 0n ? sum : sum + (rows * Number(within)) / Number(newest + 1n - oldest)
  }, 0)
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
