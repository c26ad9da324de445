import { SIGN_IN_SPAN_MS } from '../../../../schemas/derive/sign_in_lists.js'
import {
  FAILED_STAGE,
  lastPresent,
  SIGN_IN_OUTCOME,
  STARTED_AT,
  verdictsSql,
} from '../../../../schemas/derive/sign_ins_sql.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import type { Principal } from '../../../runtime/auth/bearer_tokens.js'
import { whereClause } from '../../clickhouse/conditions/conditions.js'
import { outcomeExpression } from '../../clickhouse/conditions/outcome_condition.js'
import { paramsOf, type SqlFragment } from '../../clickhouse/conditions/sql_fragment.js'
import { tenancyConditions, tenancySettings } from '../../clickhouse/conditions/tenancy.js'
import { clickhouseTime, timeConditions } from '../../clickhouse/conditions/time_conditions.js'
import type { Query } from '../../clickhouse/database.js'
import { NO_DISJUNCTION_INDEXES } from '../../clickhouse/final_settings.js'
import type { TimeRange } from '../../clickhouse/time_bounds.js'
import { beginsExpression } from '../../counts/query.js'
import type { SignInFilters } from '../list/request.js'
import type { SignInCountsRequest } from './request.js'

/**
 * How many sign-ins each group has, of those that begin within `range`. A row holds the count, the start of the
 * interval in seconds since the epoch where the request has an interval, and the values in the order of `by`.
 *
 * A sign-in is the records of its trace without a pause of an hour. So it reads those of `SIGN_IN_SPAN_MS` before and
 * after the range, too: a record in the range may belong to a sign-in that began before it. Copies of a
 * record change neither when a sign-in began nor its outcome, so it reads without `FINAL`.
 */
export function signInCountsQuery(
  stream: Stream,
  { counts: { by, interval }, selected }: SignInCountsRequest,
  principal: Principal,
  range: TimeRange,
  limit: number,
): Query {
  const tenancy = tenancyConditions(stream, principal)
  const span = BigInt(SIGN_IN_SPAN_MS) * 1_000n
  const times = timeConditions({ from: range.from - span, until: range.until + span })
  const users = usersCondition(selected)
  const outcome = outcomeExpression(stream)
  const recordsOf = (conditions: readonly SqlFragment[]) =>
    [
      `FROM ${stream.name}`,
      ...tenancy.map(({ sql }) => `PREWHERE ${sql}`),
      whereClause([...times, { sql: "trace_id != ''", params: {} }, ...conditions]),
    ].join('\n')
  // The traces of a person are few, and found by the indexes.
  const ofUsers = users.map(({ sql }) => ({
    sql: `trace_id IN (SELECT trace_id ${recordsOf([{ sql, params: {} }])})`,
    params: {},
  }))
  const verdicts = verdictsSql(stream, {
    names: columnsOf(by, selected),
    outcome: outcome.sql,
    from: () => recordsOf(ofUsers),
    pause: SIGN_IN_SPAN_MS * 1_000,
  })
  const selecting = [
    { sql: 'notEmpty(steps)', params: {} },
    ...started(range),
    ...users.map(({ params }) => ({ sql: `arrayExists(s -> ${USER_OF_STAGE}, steps)`, params })),
    ...providersCondition(selected),
    ...outcomesCondition(selected),
  ]
  const keys = [...(interval === undefined ? [] : ['begins']), ...by.map((_, index) => `key_${index}`)]
  return {
    query: [
      `SELECT ${['toString(count())', ...keys].join(', ')} FROM (`,
      `SELECT ${[
        `${STARTED_AT} AS time`,
        ...(interval === undefined ? [] : [beginsExpression(interval)]),
        ...by.map((name, index) => `${dimensionSql(name)} AS key_${index}`),
      ].join(', ')}`,
      `FROM (${verdicts})`,
      whereClause(selecting),
      ')',
      ...(keys.length === 0 ? [] : [`GROUP BY ${keys.join(', ')}`]),
      `LIMIT ${limit}`,
      `SETTINGS ${[NO_DISJUNCTION_INDEXES, ...tenancySettings(stream, principal)].join(', ')}`,
    ].join('\n'),
    query_params: {
      ...(interval === undefined ? {} : { interval: interval.seconds, timezone: interval.zone.name }),
      ...outcome.params,
      ...paramsOf([...tenancy, ...times, ...users, ...selecting]),
    },
  }
}

function started({ from, until }: TimeRange): readonly SqlFragment[] {
  return [[`${STARTED_AT} >=`, 'begun_from', from] as const, [`${STARTED_AT} <`, 'begun_until', until] as const].map(
    ([comparison, parameter, micros]) => ({
      sql: `${comparison} {${parameter}:DateTime64(6, 'UTC')}`,
      params: { [parameter]: clickhouseTime(micros) },
    }),
  )
}

/** Of a record: that it names one of the users. */
function usersCondition({ users }: SignInFilters): readonly SqlFragment[] {
  if (users === undefined) return []
  const params = { users, users_caseless: users.map((user) => user.toLowerCase()) }
  return [
    {
      sql: '(user_id IN {users:Array(String)} OR lowerUTF8(upstream_user_id) IN {users_caseless:Array(String)})',
      params,
    },
  ]
}

/** The same of a stage. */
const USER_OF_STAGE =
  'has({users:Array(String)}, s.user_id) OR has({users_caseless:Array(String)}, lowerUTF8(s.upstream_user_id))'

/** Of a sign-in: that a stage names one of the providers. */
function providersCondition({ providers }: SignInFilters): readonly SqlFragment[] {
  if (providers === undefined) return []
  return [
    {
      sql: 'arrayExists(s -> has({providers:Array(String)}, s.upstream_idp), steps)',
      params: { providers },
    },
  ]
}

function outcomesCondition({ outcomes }: SignInFilters): readonly SqlFragment[] {
  if (outcomes === undefined) return []
  return [{ sql: `has({outcomes:Array(String)}, ${SIGN_IN_OUTCOME})`, params: { outcomes } }]
}

function dimensionSql(name: string): string {
  switch (name) {
    case 'user':
      return `if(${lastPresent('upstream_user_id')} != '', ${lastPresent('upstream_user_id')}, ${lastPresent('user_id')})`
    case 'provider':
      return lastPresent('upstream_idp')
    case 'outcome':
      return SIGN_IN_OUTCOME
    case 'failed_stage':
      return FAILED_STAGE
    default:
      return lastPresent(name)
  }
}

/** The columns that the groups and the filters need of each record. */
function columnsOf(by: readonly string[], { users, providers }: SignInFilters): readonly string[] {
  const needed = by.flatMap((name) => {
    if (name === 'user') return ['upstream_user_id', 'user_id']
    if (name === 'provider') return ['upstream_idp']
    return name === 'outcome' || name === 'failed_stage' ? [] : [name]
  })
  return [
    ...new Set([
      ...needed,
      ...(users === undefined ? [] : ['upstream_user_id', 'user_id']),
      ...(providers === undefined ? [] : ['upstream_idp']),
    ]),
  ]
}
