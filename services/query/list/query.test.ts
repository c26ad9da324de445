import { TupleParam } from '@clickhouse/client'
import { describe, expect, it } from 'vitest'
import { valueIndexes } from '../../../schemas/derive/filter_indexes.js'
import { authAudits, type Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import type { Filters } from '../parameters/filters.js'
import type { Page } from '../parameters/page.js'
import { listQuery, timeExtentQuery } from './query.js'

const ALL: Principal = { subject: 's', scopes: [], organizations: 'all' }
const ID = '019b76da-a800-7000-8000-0123456789ab'
const NOTHING: Filters = { limit: 500, fields: [] }

const SELECT =
  'SELECT event_id, time, user_id, upstream_user_id, org_id, org_name, event, source_ip, token_id, trace_id, session, issuer, ' +
  'client_id, application_name, login_org_id, login_org_name, upstream_idp, stage, user_agent, event_name, result, request_id\nFROM auth_audits FINAL\n'
const FROM = "time >= {dt_from:DateTime64(6, 'UTC')}\n  AND toStartOfMinute(time) >= {from_minute:DateTime64(6, 'UTC')}"
const UNTIL = "time < {dt_to:DateTime64(6, 'UTC')}\n  AND toStartOfMinute(time) <= {to_minute:DateTime64(6, 'UTC')}"
const REST =
  'ORDER BY time DESC, event_id DESC\nLIMIT {limit:UInt32}\nSETTINGS do_not_merge_across_partitions_select_final = 1, ' +
  'use_skip_indexes_if_final_exact_mode = 0, use_skip_indexes_for_disjunctions = 0, ' +
  'merge_tree_min_rows_for_concurrent_read = 4096, merge_tree_min_bytes_for_concurrent_read = 1, ' +
  'query_plan_optimize_lazy_materialization = 1'

const TENANT = `, ignore_data_skipping_indices = '${valueIndexes(authAudits).join(',')}'`
const ORG_HINT =
  'indexHint(hasAny([bitXor(sipHash64(org_id), halfMD5(org_id)), bitXor(sipHash64(org_id), halfMD5(login_org_id))], ' +
  'arrayFlatten(arrayMap(o -> arrayMap(v -> bitXor(sipHash64(v), halfMD5(o)), [{org_id:String}]), {organizations:Array(String)}))))'
const HINT = ' AND indexHint(hasAny([org_id, login_org_id], {organizations:Array(String)}))'

describe('listQuery', () => {
  it('without filters, for all organizations', () => {
    expect(listQuery(authAudits, NOTHING, ALL)).toEqual({ query: SELECT + REST, query_params: { limit: 500 } })
  })

  it.each<[string, Partial<Filters>, string, object]>([
    [
      'a time',
      { from: 1_774_967_415_123_456n, until: 1_774_967_415_123_457n },
      `WHERE ${FROM}\n  AND ${UNTIL}\n`,
      {
        dt_from: '2026-03-31 14:30:15.123456',
        from_minute: '2026-03-31 14:30:00.000000',
        dt_to: '2026-03-31 14:30:15.123457',
        to_minute: '2026-03-31 14:30:00.000000',
      },
    ],
    [
      'a time that ends at a full minute, which is not part of it',
      { until: 1_774_969_200_000_000n },
      `WHERE ${UNTIL}\n`,
      { dt_to: '2026-03-31 15:00:00.000000', to_minute: '2026-03-31 14:59:00.000000' },
    ],
    [
      'times beyond the range of the column',
      { from: -62_167_219_200_000_000n, until: 253_402_300_799_999_999n },
      `WHERE ${FROM}\n  AND ${UNTIL}\n`,
      {
        dt_from: '1900-01-01 00:00:00.000000',
        from_minute: '1900-01-01 00:00:00.000000',
        dt_to: '2299-12-31 23:59:59.999999',
        to_minute: '2299-12-31 23:59:59.999999',
      },
    ],
    [
      'a field',
      { fields: [{ field: 'session', parameter: 'session_id', values: ["'; DROP TABLE auth_audits --"] }] },
      'WHERE session = {session_id:String}\n',
      { session_id: "'; DROP TABLE auth_audits --" },
    ],
    [
      'two fields, one with two values',
      {
        limit: 7,
        fields: [
          { field: 'event', parameter: 'event', values: ['Success', 'Failure'] },
          { field: 'stage', parameter: 'stage', values: ['Login'] },
        ],
      },
      'WHERE event IN {event:Array(String)}\n  AND stage = {stage:String}\n',
      { limit: 7, event: ['Success', 'Failure'], stage: 'Login' },
    ],
    [
      'text within a field',
      { fields: [{ field: 'user_agent', parameter: 'user_agent', values: ['%', 'a.b'], match: 'contains' }] },
      'WHERE match(user_agent, {user_agent:String})\n',
      { user_agent: '(?i)(?:%|a\\.b)' },
    ],
    [
      'ids',
      { fields: [{ field: 'event_id', parameter: 'event_id', values: [ID], match: 'id' }] },
      'WHERE event_id IN {event_id:Array(UUID)}\n',
      { event_id: [ID] },
    ],
    [
      'combinations of values',
      { combinations: { fields: ['stage', 'event'], values: [['Login', "'"]] } },
      'WHERE (stage, event) IN {combinations:Array(Tuple(String, String))}\n',
      { combinations: [new TupleParam(['Login', "'"])] },
    ],
  ])('with %s', (_name, filters, where, params) => {
    expect(listQuery(authAudits, { ...NOTHING, ...filters }, ALL)).toEqual({
      query: SELECT + where + REST,
      query_params: { limit: 500, ...params },
    })
  })

  it('with outcomes, by the stream’s rules', () => {
    const stream: Stream = { ...authAudits, outcomes: [{ outcome: 'failure', when: { event: ['Refused'] } }] }
    expect(listQuery(stream, { ...NOTHING, outcomes: ['failure', 'unknown'] }, ALL)).toEqual({
      query:
        `${SELECT}WHERE multiIf(match(lower(event), {outcome_0_event:String}), {outcome_0:String}, {outcome_otherwise:String})` +
        ` IN {outcome:Array(String)}\n${REST}`,
      query_params: {
        limit: 500,
        outcome_0_event: '(?s)^[ \\t]*(?:refused)[ \\t.!]*$',
        outcome_0: 'failure',
        outcome_otherwise: 'unknown',
        outcome: ['failure', 'unknown'],
      },
    })
  })

  const TIME = 1_774_967_415_123_456n
  const AT = '2026-03-31 14:30:15.123456'
  const NEXT = '2026-03-31 14:30:15.123457'
  const MINUTE = '2026-03-31 14:30:00.000000'
  const ASCENDING = REST.replaceAll('DESC', 'ASC')

  it.each<[string, Page, Partial<Filters>, string, object]>([
    ['the oldest first', { order: 'oldest first' }, {}, ASCENDING, {}],
    [
      'after a record',
      { order: 'newest first', after: { time: TIME, eventId: ID } },
      {},
      `WHERE ${UNTIL}\n` +
        `  AND (time < {after_time:DateTime64(6, 'UTC')} OR event_id < {after_event_id:UUID})\n${REST}`,
      { dt_to: NEXT, to_minute: MINUTE, after_time: AT, after_event_id: ID },
    ],
    [
      'after a record, the oldest first',
      { order: 'oldest first', after: { time: TIME, eventId: ID } },
      {},
      `WHERE ${FROM}\n` +
        `  AND (time > {after_time:DateTime64(6, 'UTC')} OR event_id > {after_event_id:UUID})\n${ASCENDING}`,
      { dt_from: AT, from_minute: MINUTE, after_time: AT, after_event_id: ID },
    ],
    [
      'after a time',
      { order: 'newest first', after: { time: TIME } },
      {},
      `WHERE ${UNTIL}\n${REST}`,
      { dt_to: AT, to_minute: MINUTE },
    ],
    [
      'after a time, the oldest first',
      { order: 'oldest first', after: { time: TIME } },
      {},
      `WHERE ${FROM}\n${ASCENDING}`,
      { dt_from: NEXT, from_minute: MINUTE },
    ],
    [
      'after a record, within narrower bounds',
      { order: 'newest first', after: { time: TIME, eventId: ID } },
      { from: TIME - 2n, until: TIME - 1n },
      `WHERE ${FROM}\n  AND ${UNTIL}\n` +
        `  AND (time < {after_time:DateTime64(6, 'UTC')} OR event_id < {after_event_id:UUID})\n${REST}`,
      {
        dt_from: '2026-03-31 14:30:15.123454',
        from_minute: MINUTE,
        dt_to: '2026-03-31 14:30:15.123455',
        to_minute: MINUTE,
        after_time: AT,
        after_event_id: ID,
      },
    ],
    [
      'after a time beyond the range of the column',
      { order: 'newest first', after: { time: 2n ** 62n, eventId: ID } },
      {},
      `WHERE ${UNTIL}\n` +
        `  AND (time < {after_time:DateTime64(6, 'UTC')} OR event_id < {after_event_id:UUID})\n${REST}`,
      {
        dt_to: '2299-12-31 23:59:59.999999',
        to_minute: '2299-12-31 23:59:59.999999',
        after_time: '2299-12-31 23:59:59.999999',
        after_event_id: ID,
      },
    ],
  ])('of a page: %s', (_name, page, filters, rest, params) => {
    expect(listQuery(authAudits, { ...NOTHING, ...filters }, ALL, page)).toEqual({
      query: SELECT + rest,
      query_params: { limit: 500, ...params },
    })
  })

  it('for an organization: records that name it as the issuer’s or as the application’s, whatever the filters', () => {
    const filters: Filters = { limit: 500, fields: [{ field: 'org_id', parameter: 'org_id', values: ['b'] }] }
    expect(listQuery(authAudits, filters, { ...ALL, organizations: ['a', 'b'] })).toEqual({
      query:
        `${SELECT}WHERE org_id = {org_id:String} AND ${ORG_HINT}\n  AND (org_id IN {organizations:Array(String)} ` +
        `OR login_org_id IN {organizations:Array(String)})${HINT}\n${REST}${TENANT}`,
      query_params: { limit: 500, org_id: 'b', organizations: ['a', 'b'] },
    })
  })

  it('without FINAL, the tenancy is read first', () => {
    const mine = { ...ALL, organizations: ['a'] }
    const { query } = listQuery(authAudits, { ...NOTHING, from: TIME }, mine, undefined, { final: false })
    expect(query).toBe(
      `${SELECT.replace(' FINAL', '')}PREWHERE (org_id IN {organizations:Array(String)} ` +
        `OR login_org_id IN {organizations:Array(String)})${HINT}\nWHERE ${FROM}\n` +
        REST.replace(/do_not_merge.*exact_mode = 0, /s, '') +
        TENANT,
    )
  })

  it.each([[[]], [['']]])('for the organizations %j: nothing', (organizations) => {
    expect(listQuery(authAudits, NOTHING, { ...ALL, organizations })).toEqual({
      query: `${SELECT}WHERE false\n${REST}${TENANT}`,
      query_params: { limit: 500 },
    })
  })

  it('leaves out the empty organization, which stands for an absent field', () => {
    expect(listQuery(authAudits, NOTHING, { ...ALL, organizations: ['', 'a'] }).query_params).toEqual({
      limit: 500,
      organizations: ['a'],
    })
  })
})

it('timeExtentQuery reads no record', () => {
  expect(timeExtentQuery(authAudits)).toEqual({
    query:
      'SELECT toString(toUnixTimestamp64Micro(min(time))), toString(toUnixTimestamp64Micro(max(time)))\n' +
      'FROM auth_audits\nHAVING count() > 0',
    query_params: {},
  })
})
