import { TupleParam } from '@clickhouse/client'
import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import { whereClause } from '../clickhouse/conditions/conditions.js'
import { paramsOf } from '../clickhouse/conditions/sql_fragment.js'
import { tenancyConditions, tenancySettings } from '../clickhouse/conditions/tenancy.js'
import { clickhouseTime } from '../clickhouse/conditions/time_conditions.js'
import type { Database, Query } from '../clickhouse/database.js'
import { type Row, timeOf } from '../clickhouse/rows.js'
import { fullMinute, SORT_BUCKET } from '../clickhouse/sort_key.js'

/*
 * One occurrence can be a record of two streams: a sign-in at authentik is a record of `auth_audits` and an event. Both
 * have the same `event_id` and the same time.
 */

/**
 * The ids of those of some records that another stream has, too, as far as the principal may read it there. The minute
 * is the first column of the table's key, so it reads a few granules for each record.
 *
 * @param rows begin with `event_id` and `time`
 */
export async function twinsIn(
  other: Stream,
  rows: readonly Row[],
  principal: Principal,
  { database, signal }: { readonly database: Database; readonly signal: AbortSignal },
): Promise<ReadonlySet<string>> {
  if (rows.length === 0) return new Set()
  const found = await database.rows(twinsQuery(other, rows, principal), signal)
  return new Set(found.map(([id = '']) => id))
}

function twinsQuery(other: Stream, rows: readonly Row[], principal: Principal): Query {
  const keys = rows.map((row) => new TupleParam([minuteOf(row), row[0]]))
  const twins = {
    sql: `(${SORT_BUCKET}, event_id) IN {twins:Array(Tuple(DateTime('UTC'), UUID))}`,
    params: { twins: keys },
  }
  const tenancy = tenancyConditions(other, principal)
  const settings = tenancySettings(other, principal)
  return {
    query: [
      'SELECT DISTINCT toString(event_id)',
      `FROM ${other.name}`,
      ...tenancy.map(({ sql }) => `PREWHERE ${sql}`),
      whereClause([twins]),
      ...(settings.length === 0 ? [] : [`SETTINGS ${settings.join(', ')}`]),
    ].join('\n'),
    query_params: paramsOf([twins, ...tenancy]),
  }
}

/** The full minute of a row, as ClickHouse reads a DateTime. */
function minuteOf(row: Row): string {
  return clickhouseTime(fullMinute(timeOf(row))).slice(0, 19)
}
