import { expect, test } from 'vitest'
import { authAudits, MAX_AGE_DAYS, MAX_AHEAD_MS, MAX_FIELD_BYTES } from '../../../schemas/streams/index.js'
import { enforceFieldLimits } from './field_limits.js'

const now = Date.UTC(2026, 10, 21)
const envelope = { event_id: '019e0000-0000-8000-8000-000000000000', time: new Date(now) }

test('a record within the limits is unchanged', () => {
  const record = { ...envelope, event: 'Success', user_id: undefined, upstream_user_id: 'zoë' }
  expect(enforceFieldLimits(authAudits, record, now)).toEqual({ record, changed: [], faults: [] })
})

test('text is truncated after the last complete character within the limit', () => {
  const filler = 'x'.repeat(MAX_FIELD_BYTES - 3)
  const { record, changed } = enforceFieldLimits(
    authAudits,
    { ...envelope, client_id: `${filler}€€`, upstream_user_id: `${filler}x€` },
    now,
  )
  expect(record.client_id).toBe(`${filler}€`)
  expect(record.upstream_user_id).toBe(`${filler}x`)
  expect(changed).toEqual(['client_id', 'upstream_user_id'])
})

test('a lone surrogate is replaced', () => {
  const { record, changed } = enforceFieldLimits(authAudits, { ...envelope, upstream_user_id: 'a\ud800b' }, now)
  expect(record.upstream_user_id).toBe('a\ufffdb')
  expect(changed).toEqual(['upstream_user_id'])
})

test('a time that would not be stored is rejected, to the millisecond', () => {
  const at = (milliseconds: number) =>
    enforceFieldLimits(authAudits, { ...envelope, time: new Date(milliseconds) }, now)
  const oldest = now - MAX_AGE_DAYS * 24 * 60 * 60 * 1000
  expect(at(now + MAX_AHEAD_MS).faults).toEqual([])
  expect(at(oldest).faults).toEqual([])
  expect(at(now + MAX_AHEAD_MS + 1).faults).toEqual(['the time is more than a day ahead'])
  expect(at(oldest - 1).faults).toEqual(['the time is more than 3660 days ago'])
})

test('a time may be RFC 3339 text with microseconds, and must be a day that exists', () => {
  const at = (time: string) => enforceFieldLimits(authAudits, { ...envelope, time }, now)
  expect(at('2026-11-20T12:00:00.123456Z').faults).toEqual([])
  expect(at('2026-11-20T12:00:00.123456Z').record.time).toBe('2026-11-20T12:00:00.123456Z')
  expect(at('2026-02-30T12:00:00Z').faults).toEqual(['the time is not RFC 3339'])
})
