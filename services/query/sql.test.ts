import { describe, expect, it } from 'vitest'
import { authAudits, type Stream } from '../../schemas/streams/index.js'
import type { Principal } from './access.js'
import type { Filters } from './filters.js'
import { listQuery } from './sql.js'

const ALL: Principal = { subject: 's', scopes: [], organisations: 'all' }
const NOTHING: Filters = { limit: 500, fields: [] }

const SELECT =
  'SELECT event_id, time, user_id, upstream_user_id, org_id, org_name, event, source_ip, token_id, trace_id, session, issuer, ' +
  'client_id, application_name, login_org_id, login_org_name, upstream_idp, stage, user_agent, event_name, result, request_id\nFROM auth_audits FINAL\n'
const REST =
  'ORDER BY time DESC, event_id DESC\nLIMIT {limit:UInt32}\nSETTINGS do_not_merge_across_partitions_select_final = 1'

describe('the statement of a list', () => {
  it('without filters, for one who may read all', () => {
    expect(listQuery(authAudits, NOTHING, ALL)).toEqual({ query: SELECT + REST, query_params: { limit: 500 } })
  })

  it.each<[string, Partial<Filters>, string, object]>([
    [
      'a time',
      { from: 1_774_967_415_123_456n, until: 1_774_967_415_123_457n },
      "WHERE time >= {dt_from:DateTime64(6, 'UTC')}\n  AND time < {dt_to:DateTime64(6, 'UTC')}\n",
      { dt_from: '2026-03-31 14:30:15.123456', dt_to: '2026-03-31 14:30:15.123457' },
    ],
    [
      'times that no column can hold',
      { from: -62_167_219_200_000_000n, until: 253_402_300_799_999_999n },
      "WHERE time >= {dt_from:DateTime64(6, 'UTC')}\n  AND time < {dt_to:DateTime64(6, 'UTC')}\n",
      { dt_from: '1900-01-01 00:00:00.000000', dt_to: '2299-12-31 23:59:59.999999' },
    ],
    [
      'a field',
      { fields: [{ field: 'session', parameter: 'session_id', values: ["'; DROP TABLE auth_audits --"] }] },
      'WHERE session = {session_id:String}\n',
      { session_id: "'; DROP TABLE auth_audits --" },
    ],
    [
      'fields, one of them with two values',
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
  ])('with %s', (_name, filters, where, params) => {
    expect(listQuery(authAudits, { ...NOTHING, ...filters }, ALL)).toEqual({
      query: SELECT + where + REST,
      query_params: { limit: 500, ...params },
    })
  })

  it('with outcomes, by the rules of the stream', () => {
    const stream: Stream = { ...authAudits, outcomes: [{ outcome: 'failure', when: { event: ['Refused'] } }] }
    expect(listQuery(stream, { ...NOTHING, outcomes: ['failure', 'unknown'] }, ALL)).toEqual({
      query:
        `${SELECT}WHERE multiIf(match(lower(event), {outcome_0_event:String}), {outcome_0:String}, {outcome_otherwise:String})` +
        ` IN {outcome:Array(String)}\n${REST}`,
      query_params: {
        limit: 500,
        outcome_0_event: '(?s)^(?:refused)$',
        outcome_0: 'failure',
        outcome_otherwise: 'unknown',
        outcome: ['failure', 'unknown'],
      },
    })
  })

  it('for an organisation: what names it as the issuer’s or as the application’s, whatever else is asked', () => {
    const filters: Filters = { limit: 500, fields: [{ field: 'org_id', parameter: 'org_id', values: ['b'] }] }
    expect(listQuery(authAudits, filters, { ...ALL, organisations: ['a', 'b'] })).toEqual({
      query:
        `${SELECT}WHERE org_id = {org_id:String}\n  AND (org_id IN {organisations:Array(String)} ` +
        `OR login_org_id IN {organisations:Array(String)})\n${REST}`,
      query_params: { limit: 500, org_id: 'b', organisations: ['a', 'b'] },
    })
  })

  it.each([[[]], [['']]])('for the organisations %j: nothing', (organisations) => {
    expect(listQuery(authAudits, NOTHING, { ...ALL, organisations })).toEqual({
      query: `${SELECT}WHERE false\n${REST}`,
      query_params: { limit: 500 },
    })
  })

  it('leaves out the empty organisation, which stands for an absent field', () => {
    expect(listQuery(authAudits, NOTHING, { ...ALL, organisations: ['', 'a'] }).query_params).toEqual({
      limit: 500,
      organisations: ['a'],
    })
  })
})
