import { expect, test } from 'vitest'
import { outcomeOf } from '../../../schemas/derive/outcomes/outcome.js'
import { audits, authAudits } from '../../../schemas/streams/index.js'
import { type AuthAudit, inMemoryEmitter } from '../../../services/emitter/index.js'
import type { Occurrence } from './occurrence.js'
import { passwordGuessing } from './password_guessing.js'
import { seeded } from './random.js'
import { traffic } from './traffic.js'

const START = Date.parse('2026-01-31T09:00:00Z')
const HOUR = 60 * 60 * 1000

/** An hour of traffic, the same at every run. */
function anHour(): readonly Occurrence[] {
  const occurrences: Occurrence[] = []
  for (const each of traffic(seeded(1), START, { signInMs: 4_000, guessingMs: 10 * 60_000 })) {
    if (each.start >= START + HOUR) break
    occurrences.push(each)
  }
  return occurrences
}
const occurrences = anHour()
const records = occurrences.flatMap((each) => each.records)

test('has the configured number of sign-ins, ordered by start', () => {
  const starts = occurrences.map(({ start }) => start)
  expect(starts).toEqual(starts.toSorted((a, b) => a - b))
  expect(starts.length).toBeGreaterThan(800)
  expect(starts.length).toBeLessThan(1_000)
})

test('every record is one that the emitter accepts', () => {
  const emitter = inMemoryEmitter(authAudits, { now: () => START })
  expect(records.map((record) => emitter.emit(record)).filter(({ accepted }) => !accepted)).toEqual([])
})

test('the stages of an attempt are in order and share trace and session', () => {
  for (const { start, records } of occurrences) {
    const times = records.map(({ time }) => (time as Date).getTime())
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(times[0]).toBeGreaterThanOrEqual(Math.floor(start))
  }
  const traces = new Set(records.map(({ trace_id }) => trace_id))
  const sessions = new Set(records.map(({ session }) => session))
  const both = new Set(records.map(({ trace_id, session }) => `${trace_id} ${session}`))
  expect([sessions.size, both.size]).toEqual([traces.size, traces.size])
})

test('uses only IP addresses that are reserved for documentation', () => {
  const addresses = [...new Set(records.map(({ source_ip }) => source_ip))]
  const others = /^(?!(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+$|2001:db8:[0-9a-f]+::1$)/
  expect(addresses.filter((address) => others.test(address ?? ''))).toEqual([])
})

test('has every kind of stage and result', () => {
  const happenings = new Set(records.map(({ stage, event }) => `${stage}: ${event}`))
  expect([...happenings].sort()).toEqual([
    'Consent: Denied',
    'Consent: Granted',
    'Federation: Denied',
    'Federation: Redirect',
    'Federation: Success',
    'Identify: Success',
    'Identify: Unknown user',
    'Logout: Success',
    'Password: Success',
    'Password: Wrong password',
    'Second factor: Challenge',
    'Second factor: Expired',
    'Second factor: Success',
    'Second factor: Wrong code',
    'Token: Issued',
    'Token: Refreshed',
  ])
  expect(new Set(records.map(({ org_id }) => org_id)).size).toBe(5)
  expect(records.some(({ org_id, login_org_id }) => org_id !== login_org_id)).toBe(true)
})

test('every action uses a token of a sign-in, on a resource of the application’s owner', () => {
  const actions = occurrences.flatMap((each) => each.actions)
  const emitter = inMemoryEmitter(audits, { now: () => START })
  expect(actions.map((action) => emitter.emit(action)).filter(({ accepted }) => !accepted)).toEqual([])
  expect(actions.length).toBeGreaterThan(1_000)
  for (const { records, actions } of occurrences) {
    for (const action of actions) {
      const token = records.find(({ token_id }) => token_id === action.token_id)
      expect(action).toMatchObject({
        session: token?.session,
        user_id: token?.user_id,
        org_id: token?.org_id,
        target_resource_org_id: token?.login_org_id,
      })
      expect(action.time?.valueOf()).toBeGreaterThan(token?.time?.valueOf() as number)
    }
  }
  expect([...new Set(actions.map(({ action }) => action))].sort()).toEqual(['CREATE', 'DELETE', 'READ', 'UPDATE'])
})

test('every record has an outcome', () => {
  const outcome = outcomeOf(authAudits)
  const found = records.map(({ stage, event }) => outcome?.({ stage, event }))
  expect([...new Set(found)].sort()).toEqual(['challenge', 'failure', 'success'])
})

test('only an identified person has a user id', () => {
  const unknown = records.filter(({ event }) => event === 'Unknown user')
  expect(unknown.length).toBeGreaterThan(0)
  for (const { user_id } of unknown) expect(user_id).toBeUndefined()
})

test('an attack comes from one address, is fast, and mostly fails', () => {
  const burst: readonly AuthAudit[] = passwordGuessing(seeded(7), START)
  expect(new Set(burst.map(({ source_ip }) => source_ip)).size).toBe(1)
  expect(burst.length).toBeGreaterThanOrEqual(20)
  const last = burst.at(-1)?.time as Date
  expect(last.getTime() - START).toBeLessThan(60_000)
  expect(burst.filter(({ stage, event }) => stage === 'Password' && event === 'Success').length).toBeLessThanOrEqual(1)
})
