import { expect, it } from 'vitest'
import { valueIndexes } from '../../../schemas/derive/filter_indexes.js'
import { authAudits, type Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import { tenantIndexHint } from '../clickhouse/conditions/tenant_index.js'
import { countsQuery } from './query.js'
import { type CountsRequest, readCountsRequest } from './request.js'

const ALL: Principal = { subject: 's', scopes: [], organizations: 'all' }
const stream: Stream = { ...authAudits, outcomes: [{ outcome: 'failure', when: { event: ['Refused'] } }] }
const TIME =
  "WHERE time >= {dt_from:DateTime64(6, 'UTC')}\n  AND toStartOfMinute(time) >= {from_minute:DateTime64(6, 'UTC')}\n" +
  "  AND time < {dt_to:DateTime64(6, 'UTC')}\n  AND toStartOfMinute(time) <= {to_minute:DateTime64(6, 'UTC')}"
const REST =
  'LIMIT 10001\nSETTINGS do_not_merge_across_partitions_select_final = 1, use_skip_indexes_if_final_exact_mode = 0, ' +
  'use_skip_indexes_for_disjunctions = 0, ' +
  "max_rows_to_group_by = 10001, group_by_overflow_mode = 'break'"
const BOUNDS = {
  dt_from: '2026-01-31 12:00:00.000000',
  from_minute: '2026-01-31 12:00:00.000000',
  dt_to: '2026-01-31 14:30:00.000000',
  to_minute: '2026-01-31 14:29:00.000000',
}

function asked(query: Readonly<Record<string, string>>): CountsRequest {
  return readCountsRequest(stream, { dt_from: '2026-01-31T12:00', dt_to: '2026-01-31T14:30', ...query }, 0n)
}

const OWN_ONE = { array: '{organizations:Array(String)}', count: 1 }
const EVENT = { index: { name: 'event', values: ['event'] }, array: '[{event:String}]', count: 1 } as const

it('counts all records that match', () => {
  expect(countsQuery(stream, asked({}), ALL)).toEqual({
    query: `SELECT toString(count() AS counted)\nFROM auth_audits FINAL\n${TIME}\nORDER BY counted DESC\n${REST}`,
    query_params: BOUNDS,
  })
})

it('counts by time, outcome and fields the records that match and may be read', () => {
  const mine: Principal = { subject: 's', scopes: [], organizations: ['o1'] }
  expect(countsQuery(stream, asked({ by: 'outcome,stage', interval: '15m', event: 'x' }), mine)).toEqual({
    query:
      'SELECT toString(count() AS counted), ' +
      'toUnixTimestamp(toStartOfInterval(time, toIntervalSecond({interval:UInt32}), {timezone:String})) AS begins, ' +
      'multiIf(match(lower(event), {outcome_0_event:String}), {outcome_0:String}, {outcome_otherwise:String}) AS outcome, ' +
      `stage\nFROM auth_audits FINAL\n${TIME}\n  AND event = {event:String} AND ${tenantIndexHint(stream, OWN_ONE, EVENT)}\n` +
      '  AND (org_id IN {organizations:Array(String)} OR login_org_id IN {organizations:Array(String)})' +
      ' AND indexHint(hasAny([org_id, login_org_id], {organizations:Array(String)}))\n' +
      `GROUP BY begins, outcome, stage\nORDER BY begins, counted DESC, outcome, stage\n${REST}, ignore_data_skipping_indices = '${valueIndexes(stream).join(',')}'`,
    query_params: {
      ...BOUNDS,
      interval: 900,
      timezone: 'UTC',
      outcome_0_event: '(?s)^[ \\t]*(?:refused)[ \\t.!]*$',
      outcome_0: 'failure',
      outcome_otherwise: 'unknown',
      event: 'x',
      organizations: ['o1'],
    },
  })
})

it('reads all groups where only the largest are asked for', () => {
  const settings = 'SETTINGS do_not_merge_across_partitions_select_final = 1'
  const { query } = countsQuery(stream, asked({ by: 'stage', limit: '20' }), ALL)
  expect(query).toContain(`GROUP BY stage\nORDER BY counted DESC, stage\nLIMIT 20\n${settings}`)
  expect(query).not.toContain('max_rows_to_group_by')
  const { query: ofEach } = countsQuery(stream, asked({ by: 'stage', limit: '20', interval: '1h' }), ALL)
  expect(ofEach).toContain(`ORDER BY begins, counted DESC, stage\nLIMIT 20 BY begins\nLIMIT 10001\n${settings}`)
})
