import { describe, expect, it } from 'vitest'
import { audits, authAudits } from '../../../schemas/streams/index.js'
import { microsFromRfc3339, rfc3339FromMicros } from '../../../schemas/streams/rfc3339.js'
import { Problem } from '../../runtime/problem.js'
import type { RequestQuery } from '../parameters/given_parameters.js'
import { intervalsOf, readCountsRequest } from './request.js'

const NOW = microsFromRfc3339('2026-03-31T14:30:15.123456Z') as bigint

function read(query: RequestQuery, stream = authAudits as Parameters<typeof readCountsRequest>[0]) {
  return readCountsRequest(stream, query, NOW)
}

function refusal(query: RequestQuery, stream?: Parameters<typeof readCountsRequest>[0]): string {
  try {
    read(query, stream)
  } catch (error) {
    if (error instanceof Problem && error.code === 'INVALID_PARAMETER') return error.message
  }
  throw new Error('The request was accepted.')
}

describe('readCountsRequest', () => {
  it.each<[string, RequestQuery, readonly string[]]>([
    ['no field', {}, []],
    ['fields with commas', { by: 'event,stage' }, ['event', 'stage']],
    ['fields one by one, and again', { by: ['event', ' stage ,event,'] }, ['event', 'stage']],
    ['the outcome', { by: 'outcome' }, ['outcome']],
    ['a field by the name of its parameter', { by: 'session_id,session' }, ['session']],
  ])('reads %s', (_name, query, by) => expect(read(query).by).toEqual(by))

  it.each<[RequestQuery, string, string, bigint]>([
    [{}, '2026-03-30T14:30:15.123456Z', '2026-03-31T14:30:15.123456Z', 1n],
    [{ interval: '1h' }, '2026-03-29T03:00:00.000000Z', '2026-03-31T14:30:15.123456Z', 60n],
    [{ interval: '1d', dt_to: '2026-03-01' }, '2025-12-31T00:00:00.000000Z', '2026-03-01T00:00:00.000000Z', 60n],
    [{ interval: '1m', dt_from: '-90s' }, '2026-03-31T14:28:45.123456Z', '2026-03-31T14:30:15.123456Z', 3n],
    [
      { interval: '6h', dt_from: 'now', dt_to: 'now' },
      '2026-03-31T14:30:15.123456Z',
      '2026-03-31T14:30:15.123456Z',
      1n,
    ],
    [{ dt_to: '0000-01-01' }, '1970-01-01T00:00:00.000000Z', '0000-01-01T00:00:00.000000Z', 1n],
  ])('bounds the time of %j, by default to whole intervals', (query, from, until, intervals) => {
    const request = read(query)
    expect([request.filters.from, request.filters.until].map(rfc3339FromMicros)).toEqual([from, until])
    expect(intervalsOf(request)).toBe(intervals)
  })

  it('reads the filters of the list', () => {
    const { filters } = read({ event: ['a', 'b'], outcome: 'failure' })
    expect(filters.fields).toEqual([{ field: 'event', parameter: 'event', values: ['a', 'b'] }])
    expect(filters.outcomes).toEqual(['failure'])
  })

  it.each<[RequestQuery, RegExp]>([
    [{ by: 'evnt' }, /^by: "evnt" is not a field to count by. Did you mean event\?$/],
    [{ by: 'time' }, /^by: "time" is not a field to count by\. They are user_id, .*, outcome\.$/],
    [{ by: 'event,stage,org_id,client_id,user_id,outcome' }, /^by: may name at most 5 fields\.$/],
    [{ by: 'event,stage,event,stage,event,stage' }, /^by: may name at most 5 fields\.$/],
    [{ interval: '7m' }, /^interval: must be one of 1m, .*, 12h, 1d\.$/],
    [{ interval: ['1h', '1d'] }, /^interval: may be given only once\.$/],
    [{ limit: 'x', cursor: 'x' }, /^cursor: is not a parameter of auth_audits\..* limit: must be a whole number/],
    [{ timezone: 'Berlin', limit: '0' }, /^timezone: "Berlin" is not a time zone\..* limit: must be a whole number/],
  ])('refuses %j', (query, message) => expect(refusal(query)).toMatch(message))

  it('counts by no list, and by the outcome only where the stream has outcomes', () => {
    expect(refusal({ by: 'outcome' }, audits)).toMatch(/is not a field to count by/)
    expect(refusal({ by: 'audit_attributes' }, audits)).toMatch(/is not a field to count by/)
    expect(read({ by: 'action' }, audits).by).toEqual(['action'])
  })
})
