import { expect, it } from 'vitest'
import { audits, authAudits, events } from '../../../schemas/streams/index.js'
import type { Hold } from '../settings/holds.js'
import { expiredCondition, shortestPeriod } from './expired.js'

const periods = (standard: number, own: Readonly<Record<string, number>> = {}) => ({
  standard,
  own: new Map(Object.entries(own)),
})
const hold = (organization: string, person: string): Hold => ({
  ...{ hold_id: '1', organization, person, reason: 'r', set_at: '', set_by: '' },
})

it('all of a day goes that is longer ago than every period', () => {
  expect(expiredCondition(authAudits, { periods: periods(365), holds: [] }, 366)).toEqual({ sql: 'true', params: {} })
  expect(expiredCondition(authAudits, { periods: periods(365, { a: 30 }), holds: [] }, 366)?.sql).toBe('true')
})

it('nothing of a day goes that is within every period', () => {
  expect(expiredCondition(authAudits, { periods: periods(365), holds: [] }, 365)).toBeUndefined()
  expect(expiredCondition(authAudits, { periods: periods(365, { a: 400 }), holds: [] }, 1)).toBeUndefined()
})

it('beyond the standard, an organization with a longer period keeps what names it', () => {
  expect(expiredCondition(authAudits, { periods: periods(365, { a: 400, b: 30 }), holds: [] }, 400)).toEqual({
    sql: 'NOT (org_id IN {kept:Array(String)} OR login_org_id IN {kept:Array(String)})',
    params: { kept: ['a'] },
  })
})

it('within the standard, what names organizations with a shorter period alone goes', () => {
  expect(expiredCondition(authAudits, { periods: periods(365, { a: 400, b: 30 }), holds: [] }, 31)).toEqual({
    sql:
      'org_id IN {expired:Array(String)} AND login_org_id IN {expired:Array(String)} ' +
      "AND (org_id != '' OR login_org_id != '')",
    params: { expired: ['b', ''] },
  })
})

it('holds are conditions of their own, with every text as a parameter', () => {
  const holds = [hold('a', ''), hold('', "x'"), hold('b', 'y')]
  expect(expiredCondition(events, { periods: periods(365), holds }, 500)).toMatchObject({
    sql:
      'NOT (org_id IN {held_organizations:Array(String)}) AND NOT (' +
      ['pk', 'username', 'email']
        .map((key) => `lowerUTF8(JSONExtract(user, '${key}', 'String')) IN {held_persons:Array(String)}`)
        .join(' OR ') +
      ') AND NOT (' +
      ['pk', 'username', 'email']
        .map(
          (key) =>
            `(org_id, lowerUTF8(JSONExtract(user, '${key}', 'String'))) IN {held_pairs:Array(Tuple(String, String))}`,
        )
        .join(' OR ') +
      ')',
    params: { held_organizations: ['a'], held_persons: ["x'"], held_pairs: [{ values: ['b', 'y'] }] },
  })
})

it('a hold without records of its persons in a stream changes nothing there', () => {
  const nobody = { ...audits, persons: [] }
  const condition = expiredCondition(nobody, { periods: periods(365), holds: [hold('', 'x'), hold('a', 'x')] }, 500)
  expect(condition).toEqual({ sql: 'true', params: {} })
})

it('the shortest period is that of the standard or of an organization', () => {
  expect(shortestPeriod(periods(365))).toBe(365)
  expect(shortestPeriod(periods(365, { a: 30, b: 400 }))).toBe(30)
})
