import { MAX_GROUPS } from '../../../schemas/derive/counts.js'
import { hasOutcomesByFields, OUTCOME_FIELDS } from '../../../schemas/derive/outcomes/outcome_fields.js'
import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import { filterConditions } from '../clickhouse/conditions/conditions.js'
import { outcomeExpression } from '../clickhouse/conditions/outcome_condition.js'
import { paramsOf } from '../clickhouse/conditions/sql_fragment.js'
import { clickhouseTime } from '../clickhouse/conditions/time_conditions.js'
import type { Query } from '../clickhouse/database.js'
import { FINAL_SETTINGS } from '../clickhouse/final_settings.js'
import type { TimeRange } from '../clickhouse/time_bounds.js'
import { howManyMerged, OF_MERGED } from './parts.js'
import type { CountsRequest } from './request.js'
import { SLOT_START, withoutIndex } from './slots.js'
import { inAnyOf, namedRanges, timeParameter } from './time_ranges.js'

/**
 * Whether the projection `slots` can answer a request: it holds the fields by which outcomes are decided, and no
 * organization. A caller of some organizations reads its own records, which are fewer.
 */
export function canRollUp(stream: Stream, { by, filters }: CountsRequest, { organizations }: Principal): boolean {
  const known: readonly string[] = [...OUTCOME_FIELDS, 'outcome']
  const named = [...by, ...filters.fields.map(({ field }) => field)]
  return organizations === 'all' && hasOutcomesByFields(stream) && named.every((name) => known.includes(name))
}

/** Where a rolled-up count comes from. */
export interface Sources {
  /** The names of merged parts, of which the projection is read. */
  readonly merged: readonly string[]
  /** The whole slots of the request's time. */
  readonly slots: TimeRange
  /** Ranges that are read with `FINAL` and not from the projection. They end where slots do, or where the time does. */
  readonly shared: readonly TimeRange[]
}

/**
 * The same rows as `countsQuery`, each with the number of merged parts at its end: a statement sees a table as it was
 * at one moment (`enable_shared_storage_snapshot_in_query`). Outcomes are decided when the question is asked, so a new
 * rule applies to all.
 */
export function rolledUpQuery(
  stream: Stream,
  { by, interval, filters }: CountsRequest,
  principal: Principal,
  { merged, slots, shared }: Sources,
): Query {
  const outcome = by.includes('outcome') ? outcomeExpression(stream) : undefined
  const conditions = filterConditions(stream, filters, principal)
  const ranges = namedRanges(shared)
  const begins = (of: string) =>
    interval === undefined
      ? []
      : [`toUnixTimestamp(toStartOfInterval(${of}, toIntervalSecond({interval:UInt32}), 'UTC')) AS begins`]
  const counted = (of: string, from: string, where: readonly string[]) => [
    `SELECT ${[...begins(of), ...OUTCOME_FIELDS, 'count() AS records'].join(', ')}`,
    `FROM ${stream.name}${from}`,
    `WHERE ${[...where, ...conditions.map(({ sql }) => sql)].join('\n  AND ')}`,
    `GROUP BY ${[...(interval === undefined ? [] : ['begins']), ...OUTCOME_FIELDS].join(', ')}`,
  ]
  const keys = [...(interval === undefined ? [] : ['begins']), ...by]
  return {
    query: [
      `SELECT ${[
        'toString(sum(records) AS counted)',
        ...(interval === undefined ? [] : ['begins']),
        ...by.map((field) => (field === 'outcome' ? `${outcome?.sql} AS outcome` : field)),
        `${howManyMerged(stream)} AS parts`,
      ].join(', ')}`,
      'FROM (',
      ...counted(SLOT_START, '', [
        OF_MERGED,
        withoutIndex([
          `${SLOT_START} >= ${timeParameter('first_slot')} AND ${SLOT_START} < ${timeParameter('end_of_slots')}`,
          ...ranges.map(
            ({ from, until }) =>
              `NOT (${SLOT_START} >= ${timeParameter(from)} AND ${SLOT_START} < ${timeParameter(until)})`,
          ),
        ]),
      ]),
      ...(ranges.length === 0 ? [] : ['UNION ALL', ...counted('time', ' FINAL', [inAnyOf(ranges)])]),
      ')',
      ...(keys.length === 0 ? [] : [`GROUP BY ${keys.join(', ')}`]),
      `ORDER BY ${[...(interval === undefined ? [] : ['begins']), 'counted DESC', ...by].join(', ')}`,
      `LIMIT ${MAX_GROUPS + 1}`,
      `SETTINGS ${FINAL_SETTINGS}, enable_shared_storage_snapshot_in_query = 1`,
    ].join('\n'),
    query_params: {
      ...(interval === undefined ? {} : { interval: interval.seconds }),
      ...outcome?.params,
      ...paramsOf(conditions),
      ...paramsOf(ranges),
      merged,
      first_slot: clickhouseTime(slots.from),
      end_of_slots: clickhouseTime(slots.until),
    },
  }
}
