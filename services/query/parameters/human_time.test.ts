import { describe, expect, it } from 'vitest'
import { microsFromRfc3339, rfc3339FromMicros } from '../../../schemas/streams/rfc3339.js'
import { HumanTimeError, humanTime } from './human_time.js'
import { type TimeZone, timeZoneNamed } from './time_zone.js'

const NOW = microsFromRfc3339('2026-03-31T14:30:15.123456Z') as bigint

function read(text: string): string {
  return rfc3339FromMicros(humanTime(text, NOW))
}

describe('valid times', () => {
  it.each([
    // named moments
    ['now', '2026-03-31T14:30:15.123456Z'],
    ['NOW', '2026-03-31T14:30:15.123456Z'],
    [' now ', '2026-03-31T14:30:15.123456Z'],
    ['today', '2026-03-31T00:00:00.000000Z'],
    ['yesterday', '2026-03-30T00:00:00.000000Z'],
    ['tomorrow', '2026-04-01T00:00:00.000000Z'],
    // steps from them
    ['now-1day', '2026-03-30T14:30:15.123456Z'],
    ['now - 1 day', '2026-03-30T14:30:15.123456Z'],
    ['now-1h30m', '2026-03-31T13:00:15.123456Z'],
    ['now-1d+2h', '2026-03-30T16:30:15.123456Z'],
    ['today-1week', '2026-03-24T00:00:00.000000Z'],
    ['Today+9Hours', '2026-03-31T09:00:00.000000Z'],
    ['yesterday-2w', '2026-03-16T00:00:00.000000Z'],
    ['now-90min', '2026-03-31T13:00:15.123456Z'],
    ['now-15s', '2026-03-31T14:30:00.123456Z'],
    ['now-123ms', '2026-03-31T14:30:15.000456Z'],
    ['now-456us', '2026-03-31T14:30:15.123000Z'],
    ['-45d', '2026-02-14T14:30:15.123456Z'],
    ['- 45 days', '2026-02-14T14:30:15.123456Z'],
    ['+2h', '2026-03-31T16:30:15.123456Z'],
    // a plus that was not encoded in a URL
    [' 2h', '2026-03-31T16:30:15.123456Z'],
    ['now 2h', '2026-03-31T16:30:15.123456Z'],
    ['now   2 hours', '2026-03-31T16:30:15.123456Z'],
    ['today 90minutes', '2026-03-31T01:30:00.000000Z'],
    // ago
    ['2 hours ago', '2026-03-31T12:30:15.123456Z'],
    ['1 day 6 hours ago', '2026-03-30T08:30:15.123456Z'],
    ['3d AGO', '2026-03-28T14:30:15.123456Z'],
    // months and years go by the calendar, and end at a month's last day
    ['now-1month', '2026-02-28T14:30:15.123456Z'],
    ['now-1M', '2026-02-28T14:30:15.123456Z'],
    ['now-1m', '2026-03-31T14:29:15.123456Z'],
    ['now+1mo', '2026-04-30T14:30:15.123456Z'],
    ['now-25months', '2024-02-29T14:30:15.123456Z'],
    ['-1y', '2025-03-31T14:30:15.123456Z'],
    ['1 year 1 month ago', '2025-02-28T14:30:15.123456Z'],
    ['now+11months', '2027-02-28T14:30:15.123456Z'],
    // dates, and RFC 3339 with and without its parts
    ['2026-01-31', '2026-01-31T00:00:00.000000Z'],
    ['2026-01-31T14:00:00Z', '2026-01-31T14:00:00.000000Z'],
    ['2026-01-31t14:00:00z', '2026-01-31T14:00:00.000000Z'],
    ['2026-01-31T14:00:00', '2026-01-31T14:00:00.000000Z'],
    ['2026-01-31 14:00', '2026-01-31T14:00:00.000000Z'],
    ['2026-01-31T14:00:00.1Z', '2026-01-31T14:00:00.100000Z'],
    ['2026-01-31T14:00:00.123456Z', '2026-01-31T14:00:00.123456Z'],
    ['2026-01-31T14:00:00.123456789Z', '2026-01-31T14:00:00.123456Z'],
    ['2026-01-31T14:00:00+02:00', '2026-01-31T12:00:00.000000Z'],
    ['2026-01-31T14:00:00 02:00', '2026-01-31T12:00:00.000000Z'],
    ['2026-01-31 14:00:00 +0200', '2026-01-31T12:00:00.000000Z'],
    ['2026-01-31T14:00-05', '2026-01-31T19:00:00.000000Z'],
    ['2026-01-31 23:59:59.999999-00:30', '2026-02-01T00:29:59.999999Z'],
    ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000000Z'],
    ['0000-01-01', '0000-01-01T00:00:00.000000Z'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z'],
  ])('%j is %s', (text, expected) => {
    expect(read(text)).toBe(expected)
  })

  it('have the right midnight before 1970', () => {
    expect(rfc3339FromMicros(humanTime('today', -1n))).toBe('1969-12-31T00:00:00.000000Z')
  })
})

describe('invalid times', () => {
  it.each([
    ['', 'not understood as a time'],
    ['   ', 'not understood as a time'],
    ['blah', '"blah" is not understood as a time. Give RFC 3339, such as 2026-01-31T14:00:00Z'],
    ['nowhere', 'not understood as a time'],
    ['now-', 'not understood as a time'],
    ['now--1day', 'not understood as a time'],
    ['now-1', 'not understood as a time'],
    ['now-1.5h', 'not understood as a time'],
    ['now-1day;DROP', 'not understood as a time'],
    ['1700000000', 'not understood as a time'],
    ['12:00', 'not understood as a time'],
    ['2026-1-5', 'not understood as a time'],
    ['2026-01-31T14:00:00Z-1day', 'not understood as a time'],
    ['hours ago', 'not understood as a time'],
    ['2h', 'Write -2h for before now, or +2h for after it (%2B2h in a URL).'],
    ['2 Hours', 'Write -2Hours for before now'],
    ['now-1fortnight', '"fortnight" is not a unit of time: use s, m, h, d, w, M (months) or y'],
    ['-1 day 2 hours', 'can be read in two ways'],
    ['2026-02-30', '"2026-02-30" is not a time that exists.'],
    ['2025-02-29T00:00:00Z', 'is not a time that exists.'],
    ['2026-13-01', 'is not a time that exists.'],
    ['2026-01-31T24:00:00Z', 'is not a time that exists.'],
    ['2026-01-31T14:00:00+99:00', 'is not a time that exists.'],
    ['now-999999999999d', 'is outside the years 0000 to 9999.'],
    ['now+99999999d-99999999d', 'is outside the years 0000 to 9999.'],
    ['now-9999y', 'is outside the years 0000 to 9999.'],
    ['now+99999999999999999999999M', 'is outside the years 0000 to 9999.'],
    ['9999-12-31T23:59:59-01:00', 'is outside the years 0000 to 9999.'],
    ['9'.repeat(101), 'not understood as a time'],
  ])('%j: %s', (text, message) => {
    expect(() => humanTime(text, NOW)).toThrow(HumanTimeError)
    expect(() => humanTime(text, NOW)).toThrow(message)
  })

  it('are truncated in the message', () => {
    expect(() => humanTime('x'.repeat(5_000), NOW)).toThrow(/^"x{40}…" is not/)
  })
})

describe('in Europe/Berlin, where clocks went forward on 29 March', () => {
  const berlin = timeZoneNamed('Europe/Berlin') as TimeZone

  it.each([
    ['today', '2026-03-30T22:00:00.000000Z'],
    ['yesterday', '2026-03-29T22:00:00.000000Z'],
    ['tomorrow', '2026-03-31T22:00:00.000000Z'],
    // The 29th has 23 hours.
    ['today-2d', '2026-03-28T23:00:00.000000Z'],
    ['today-48h', '2026-03-28T22:00:00.000000Z'],
    ['now-1week', '2026-03-24T15:30:15.123456Z'],
    ['now-1month', '2026-02-28T15:30:15.123456Z'],
    ['2 days ago', '2026-03-29T14:30:15.123456Z'],
    ['2026-01-31', '2026-01-30T23:00:00.000000Z'],
    ['2026-06-30T14:00', '2026-06-30T12:00:00.000000Z'],
    ['2026-06-30T14:00:00.123456', '2026-06-30T12:00:00.123456Z'],
    // Clocks skip the first and show the second twice.
    ['2026-03-29T02:30', '2026-03-29T01:30:00.000000Z'],
    ['2026-10-25T02:30', '2026-10-25T00:30:00.000000Z'],
    // An offset wins.
    ['2026-06-30T14:00:00Z', '2026-06-30T14:00:00.000000Z'],
    ['2026-06-30T14:00:00-01:00', '2026-06-30T15:00:00.000000Z'],
  ])('%s is %s', (text, expected) => {
    expect(rfc3339FromMicros(humanTime(text, NOW, berlin))).toBe(expected)
  })
})
