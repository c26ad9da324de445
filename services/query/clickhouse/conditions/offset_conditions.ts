import type { OffsetRange } from '../../changes/stream_position.js'
import type { SqlFragment } from './sql_fragment.js'

/*
 * Conditions on a record's offset, for any number of partitions. ClickHouse accepts about a hundred parameters of a
 * query, so the ranges are arrays: the range of a partition is at (index of the topic) * (number of partitions) +
 * (partition). A partition without a range has the empty range from 0 until 0.
 */

/** How many offsets share an entry of the index `by_place` (schemas/clickhouse), as a power of two. */
const PLACE_BITS = 10
const PLACE_SIZE = 2 ** PLACE_BITS

/**
 * That a record's offset is in one of the ranges. ClickHouse uses the index `by_place` only for the expressions that
 * the index names. They have `bitShiftRight` instead of a division, because ClickHouse would compare a monotonic
 * function with every granule's bounds of `kafka_offset`, which costs ten times as much as everything else.
 */
export function inRanges(ranges: readonly OffsetRange[]): SqlFragment {
  if (ranges.length === 0) return { sql: 'false', params: {} }
  const { slots, topics, partitions } = layoutOf(ranges)
  // The index does not have the topic, so a partition has one range of places for all topics.
  const places = new Map<number, { first: number; last: number }>()
  for (const { partition, from, until } of ranges) {
    const { first, last } = places.get(partition) ?? { first: Number.POSITIVE_INFINITY, last: 0 }
    places.set(partition, {
      first: Math.min(first, Math.floor(from / PLACE_SIZE)),
      last: Math.max(last, Math.floor((until - 1) / PLACE_SIZE)),
    })
  }
  const ofPartition = (value: (places: { first: number; last: number }) => number, otherwise: number): number[] =>
    Array.from({ length: partitions }, (_, partition) => {
      const known = places.get(partition)
      return known === undefined ? otherwise : value(known)
    })
  const place = `bitShiftRight(kafka_offset, ${PLACE_BITS})`
  return {
    sql: [
      `${place} >= {in_first:Array(UInt64)}[kafka_partition + 1]`,
      `${place} <= {in_last:Array(UInt64)}[kafka_partition + 1]`,
      'kafka_partition < {in_partitions:UInt32}',
      'has({in_topics:Array(UUID)}, topic_id)',
      `kafka_offset >= {in_from:Array(UInt64)}[${slotOf('in')}]`,
      `kafka_offset < {in_until:Array(UInt64)}[${slotOf('in')}]`,
    ].join('\n  AND '),
    params: {
      in_first: ofPartition(({ first }) => first, 1),
      in_last: ofPartition(({ last }) => last, 0),
      in_partitions: partitions,
      in_topics: topics,
      in_from: slots(({ from }) => from),
      in_until: slots(({ until }) => until),
    },
  }
}

/** That a record's offset is before the end of one of the ranges. */
export function beforeEndOf(ranges: readonly OffsetRange[]): SqlFragment {
  if (ranges.length === 0) return { sql: 'false', params: {} }
  const { slots, topics, partitions } = layoutOf(ranges)
  return {
    sql: [
      'kafka_partition < {before_partitions:UInt32}',
      'has({before_topics:Array(UUID)}, topic_id)',
      `kafka_offset < {before_until:Array(UInt64)}[${slotOf('before')}]`,
    ].join('\n  AND '),
    params: { before_partitions: partitions, before_topics: topics, before_until: slots(({ until }) => until) },
  }
}

/** The index of a record's partition in the arrays. ClickHouse counts from 1. */
function slotOf(prefix: string): string {
  const topic = `indexOf({${prefix}_topics:Array(UUID)}, topic_id)`
  return `(${topic} - 1) * {${prefix}_partitions:UInt32} + kafka_partition + 1`
}

function layoutOf(ranges: readonly OffsetRange[]) {
  const topics = [...new Set(ranges.map(({ topicId }) => topicId))]
  const partitions = ranges.reduce((most, { partition }) => Math.max(most, partition + 1), 0)
  const slots = (value: (range: OffsetRange) => number): number[] => {
    const values = Array<number>(topics.length * partitions).fill(0)
    for (const range of ranges) values[topics.indexOf(range.topicId) * partitions + range.partition] = value(range)
    return values
  }
  return { topics, partitions, slots }
}
