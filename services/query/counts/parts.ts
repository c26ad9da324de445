import type { Stream } from '../../../schemas/streams/index.js'
import { clickhouseTime } from '../clickhouse/conditions/time_conditions.js'
import type { Query } from '../clickhouse/database.js'
import type { Row } from '../clickhouse/rows.js'
import type { TimeRange } from '../clickhouse/time_bounds.js'

/** A part of a table: ClickHouse writes one for each insert and each merge, and never changes it. */
export interface Part {
  readonly name: string
  /** Of its oldest and its newest record, in microseconds since the epoch. */
  readonly oldest: bigint
  readonly newest: bigint
  readonly rows: number
}

/**
 * The parts with records of the days that a range touches. ClickHouse knows this about each part, so it reads no
 * record.
 */
export function partsQuery(stream: Stream, { from, until }: TimeRange): Query {
  return {
    query: [
      'SELECT _part, toString(toUnixTimestamp64Micro(min(time))), toString(toUnixTimestamp64Micro(max(time))), toString(count())',
      `FROM ${stream.name}`,
      "WHERE toDate(time) >= toDate({from:DateTime64(6, 'UTC')}) AND toDate(time) <= toDate({until:DateTime64(6, 'UTC')})",
      'GROUP BY _part',
    ].join('\n'),
    query_params: { from: clickhouseTime(from), until: clickhouseTime(until - 1n) },
  }
}

/** The condition that a record lies in one of the parts that the parameter `merged` names. */
export const OF_MERGED = '_part IN {merged:Array(String)}'

/** How many of these parts there are when a statement begins, as an expression. */
export function howManyMerged({ name }: Stream): string {
  return `(SELECT toString(count()) FROM (SELECT _part FROM ${name} WHERE ${OF_MERGED} GROUP BY _part))`
}

export function partOf([name = '', oldest = '0', newest = '0', rows = '0']: Row): Part {
  return { name, oldest: BigInt(oldest), newest: BigInt(newest), rows: Number(rows) }
}

/**
 * Whether a merge wrote the part. A merge removes copies, so no record is in it twice. A part's name is its partition,
 * the range of its blocks, and how often they were merged: `20260131_1_42_3`.
 */
export function isMerged({ name }: Part): boolean {
  const [, level = '0'] = /^[^_]+_\d+_\d+_(\d+)/.exec(name) ?? []
  return Number(level) > 0
}

/** Whether a part may have records of the range. */
export function overlaps({ oldest, newest }: Part, { from, until }: TimeRange): boolean {
  return oldest < until && newest >= from
}
