import { describe, expect, it } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import { microsFromRfc3339 } from '../../../schemas/streams/rfc3339.js'
import { Problem } from '../../runtime/problem.js'
import { readListRequest } from '../list/request.js'
import type { Filters } from './filters.js'
import type { RequestQuery } from './given_parameters.js'

const ID = '019b76da-a800-7000-8000-0123456789ab'
const NOW = microsFromRfc3339('2026-03-31T14:30:15.123456Z') as bigint

function read(query: RequestQuery): Filters {
  return readListRequest(authAudits, query, NOW).filters
}

function fault(query: RequestQuery): Problem {
  try {
    read(query)
  } catch (error) {
    if (error instanceof Problem) return error
  }
  throw new Error('The query was not refused.')
}

describe('valid parameters', () => {
  it('default to the newest 500', () => {
    expect(read({})).toEqual({ limit: 500, fields: [] })
  })

  it('set no bound if they are empty or None', () => {
    const names = ['limit', 'dt_from', 'dt_to', 'user_id', 'session_id', 'event']
    for (const value of ['', 'None', ['', 'None']]) {
      expect(read(Object.fromEntries(names.map((name) => [name, value])))).toEqual({ limit: 500, fields: [] })
    }
  })

  it('include all of the published client, with their fields', () => {
    const expected = {
      user_id: 'user_id',
      org_id: 'org_id',
      session_id: 'session',
      trace_id: 'trace_id',
      upstream_idp: 'upstream_idp',
      login_org_id: 'login_org_id',
      client_id: 'client_id',
      event: 'event',
      stage: 'stage',
    }
    for (const [parameter, field] of Object.entries(expected)) {
      expect(read({ [parameter]: ' a+b ' }).fields).toEqual([{ parameter, field, values: [' a+b '] }])
    }
  })

  it('include further ones, with how they match', () => {
    const equal = { token_id: 't', issuer: 'i', application_name: 'a', org_name: 'o', login_org_name: 'l' }
    for (const [name, value] of Object.entries(equal)) {
      expect(read({ [name]: value }).fields).toEqual([{ parameter: name, field: name, values: [value] }])
    }
    expect(read({ user_agent: ['Fire%', 'fox'] }).fields).toEqual([
      { parameter: 'user_agent', field: 'user_agent', values: ['Fire%', 'fox'], match: 'contains' },
    ])
    expect(read({ event_id: [ID, ID.toUpperCase()] }).fields).toEqual([
      { parameter: 'event_id', field: 'event_id', values: [ID], match: 'id' },
    ])
  })

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    [' 192.0.2.1:443 ', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:0201', '192.0.2.1'],
    ['[2001:DB8:0:0::1]:443', '2001:db8::1'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['192.0.2.1/32', '192.0.2.1'],
    ['2001:db8::1/128', '2001:db8::1'],
    ['192.0.2.1, 10.0.0.1', '192.0.2.1'],
  ])('take the address %s as %s', (text, value) => {
    expect(read({ source_ip: text }).fields).toEqual([{ parameter: 'source_ip', field: 'source_ip', values: [value] }])
  })

  it.each([
    [['192.0.2.7/24'], ['192.0.2.0/24']],
    [['2001:DB8::5/32'], ['2001:db8::/32']],
    [['::ffff:192.0.2.0/120'], ['192.0.2.0/24']],
    [
      ['192.0.2.0/24', '::1', '192.0.2.9/24', '10.0.0.1:80'],
      ['192.0.2.0/24', '::1/128', '10.0.0.1/32'],
    ],
  ])('take the ranges %j as %j', (texts, values) => {
    expect(read({ source_ip: texts }).fields).toEqual([
      { parameter: 'source_ip', field: 'source_ip', values, match: 'range' },
    ])
  })

  it('take the user of an identity provider in any case', () => {
    expect(read({ upstream_user_id: ['Ada@Example.COM', 'ada@example.com', 'ÅSA'] }).fields).toEqual([
      {
        parameter: 'upstream_user_id',
        field: 'upstream_user_id',
        values: ['ada@example.com', 'åsa'],
        match: 'caseless',
      },
    ])
  })

  it('take the beginning of a user’s name, in any case', () => {
    expect(read({ upstream_user_id: ['Ada*', 'ada*', 'Åsa.L*'] }).fields).toEqual([
      { parameter: 'upstream_user_id', field: 'upstream_user_id', values: ['ada', 'åsa.l'], match: 'prefix' },
    ])
  })

  it.each([
    ['upstream_user_id', 'ada\\*', 'ada*', 'caseless'],
    ['stage', '\\*', '*', undefined],
    ['user_agent', 'a\\*', 'a*', 'contains'],
  ])('take a star at the end of %s=%s as it is', (name, text, value, match) => {
    expect(read({ [name]: text }).fields).toEqual([
      { parameter: name, field: name, values: [value], ...(match === undefined ? {} : { match }) },
    ])
  })

  it('leave out what a parameter that begins with not_ names', () => {
    expect(
      read({ not_event: ['Success', 'Success'], not_session_id: 's', not_source_ip: '192.0.2.0/24' }).fields,
    ).toEqual([
      { parameter: 'not_event', field: 'event', values: ['Success'], excludes: true },
      { parameter: 'not_source_ip', field: 'source_ip', values: ['192.0.2.0/24'], match: 'range', excludes: true },
      { parameter: 'not_session_id', field: 'session', values: ['s'], excludes: true },
    ])
  })

  it('leave out outcomes', () => {
    expect(read({ not_outcome: ['success', 'UNKNOWN'] }).outcomes).toEqual(['failure', 'challenge'])
    expect(read({ outcome: ['failure', 'success'], not_outcome: 'success' }).outcomes).toEqual(['failure'])
    expect(read({ outcome: 'failure', not_outcome: 'failure' }).outcomes).toEqual([])
  })

  it('resolve all times against the same now', () => {
    expect(read({ dt_from: '2026-01-31', timezone: 'Europe/Berlin' })).toMatchObject({
      from: microsFromRfc3339('2026-01-30T23:00:00Z'),
    })
    expect(read({ dt_from: 'now-1day', dt_to: 'now' })).toMatchObject({ from: NOW - 86_400_000_000n, until: NOW })
  })

  it('match any value of a repeated field', () => {
    expect(read({ user_id: ['a', '', 'b', 'a', 'None'] }).fields[0]?.values).toEqual(['a', 'b'])
  })

  it('match any of a repeated outcome, in upper or lower case', () => {
    expect(read({ outcome: ['Failure', 'challenge', '', 'failure'] }).outcomes).toEqual(['failure', 'challenge'])
    expect(read({ outcome: '' })).toEqual({ limit: 500, fields: [] })
  })

  it.each([
    ['1', 1],
    ['0500', 500],
    ['10000', 10_000],
  ])('takes the limit %s', (limit, expected) => {
    expect(read({ limit }).limit).toBe(expected)
  })
})

describe('invalid parameters', () => {
  it.each(['0', '10001', '-1', '1.5', '5e2', 'ten', '99999999999999999999', ' 5'])('reject the limit %j', (limit) => {
    expect(fault({ limit })).toMatchObject({
      status: 400,
      code: 'INVALID_PARAMETER',
      message: 'limit: must be a whole number from 1 to 10000.',
    })
  })

  it.each([
    [{ dt_from: 'blah' }, /^dt_from: "blah" is not understood as a time\./],
    [{ dt_to: '2026-02-30' }, /^dt_to: "2026-02-30" is not a time that exists\.$/],
    [{ outcome: ['failure', 'meh'] }, /^outcome: must be one of success, failure, challenge, unknown\.$/],
    [{ dt_from: 'now', dt_to: 'today' }, /^dt_to: is before dt_from\.$/],
    [{ timezone: 'Berlin' }, /^timezone: "Berlin" is not a time zone\. Give a name such as Europe\/Berlin or UTC\.$/],
    [{ dt_to: ['now', 'today'] }, /^dt_to: may be given only once\.$/],
    [{ limit: ['1', '2'] }, /^limit: may be given only once\.$/],
    [{ event_id: [ID, 'x'] }, /^event_id: must be a UUID, such as/],
    [{ event_id: `{${ID}}` }, /^event_id: must be a UUID/],
    [{ user_id: Array.from({ length: 101 }, String) }, /^user_id: may be given at most 100 times\.$/],
    [{ user_agent: Array.from({ length: 11 }, String) }, /^user_agent: may be given at most 10 times\.$/],
    [{ user_agent: '漢'.repeat(257) }, /^user_agent: may be at most 256 characters long\.$/],
    [{ source_ip: 'host.example' }, /^source_ip: must be IP addresses such as 192\.0\.2\.1/],
    [{ source_ip: '192.0.2.0/33' }, /^source_ip: must be IP addresses such as/],
    [{ source_ip: ['192.0.2.1', '192.0.2.0/'] }, /^source_ip: must be IP addresses such as/],
    [{ source_ip: '192.0.2' }, /^source_ip: must be IP addresses such as/],
    [{ source_ip: '255.255.255.255' }, /^source_ip: "255\.255\.255\.255" is what programs write for an address/],
    [{ source_ip: 'unknown' }, /^source_ip: "unknown" is what programs write for an address/],
    [{ upstream_user_id: ['ada', 'Unknown'] }, /^upstream_user_id: "Unknown" is what programs write for a value/],
    [{ upstream_user_id: 'ad*' }, /^upstream_user_id: needs at least 3 characters before the \*\.$/],
    [{ upstream_user_id: '*' }, /^upstream_user_id: needs at least 3 characters/],
    [{ upstream_user_id: ['ada*', 'bob'] }, /^upstream_user_id: has prefixes and whole values\./],
    [
      { stage: 'Lo*' },
      /^stage: takes no prefix\. upstream_user_id does\. Give the whole value\. For a value that ends in/,
    ],
    [{ user_agent: 'Mozilla*' }, /^user_agent: takes no prefix\. It finds text anywhere, so leave out the \*\./],
    [{ not_outcome: 'meh' }, /^not_outcome: must be one of/],
    [{ not_user_id: 'unknown' }, /^not_user_id: "unknown" is what programs write/],
    [{ session_id: '-' }, /^session_id: "-" is what programs write for a value that they don't know/],
  ])('names %j', (query, message) => {
    expect(fault(query).message).toMatch(message)
  })

  it.each([
    ['usr_id', 'Did you mean user_id?'],
    ['USER_ID', 'Did you mean user_id?'],
    ['session', 'Did you mean session_id?'],
    ['dt_form', 'Did you mean dt_from?'],
    ['upstream', 'Did you mean upstream_user_id?'],
    ['event!', 'Did you mean not_event?'],
    ['not_evnt', 'Did you mean not_event?'],
    ['zzz', 'Its parameters are limit, dt_from, dt_to, timezone, event_id, user_id, upstream_user_id,'],
    ['', 'Its parameters are limit,'],
    ['toString', 'Its parameters are limit,'],
  ])('does not know %j: %s', (name, advice) => {
    const { status, message } = fault({ [name]: '1' })
    expect(status).toBe(400)
    expect(message).toContain(`${name}: is not a parameter of auth_audits. ${advice}`)
  })

  it('are all reported at once, and long names are truncated', () => {
    const { message } = fault({ limit: 'x', dt_from: 'y', ['n'.repeat(1_000)]: 'z' })
    expect(message).toContain('limit: ')
    expect(message).toContain('dt_from: ')
    expect(message).toMatch(/n{64}: is not/)
    expect(message).not.toContain('n'.repeat(65))
  })
})
