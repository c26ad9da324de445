import { expect, it } from 'vitest'
import { microsFromRfc3339, rfc3339FromMicros } from '../../../schemas/streams/rfc3339.js'
import { type TimeZone, timeZoneNamed } from '../parameters/time_zone.js'
import { countOf, intervalNamed, startOf, startOfLast } from './intervals.js'

const micros = (text: string) => microsFromRfc3339(text) as bigint

it.each([
  // The day that clocks make longer has 25 hours; the one that they make shorter has 23.
  ['Europe/Berlin', '1d', '2026-10-25T22:59:59Z', '2026-10-24T22:00:00.000000Z'],
  ['Europe/Berlin', '1d', '2026-10-25T23:00:00Z', '2026-10-25T23:00:00.000000Z'],
  ['Europe/Berlin', '1d', '2026-03-29T21:59:59Z', '2026-03-28T23:00:00.000000Z'],
  ['Europe/Berlin', '12h', '2026-10-25T22:30:00Z', '2026-10-25T22:00:00.000000Z'],
  ['Europe/Berlin', '12h', '2026-10-25T23:30:00Z', '2026-10-25T23:00:00.000000Z'],
  ['Asia/Kolkata', '1h', '2026-01-31T14:10:00Z', '2026-01-31T13:30:00.000000Z'],
  ['UTC', '6h', '2026-01-31T14:10:00Z', '2026-01-31T12:00:00.000000Z'],
])('in %s an interval of %s with %s begins at %s', (zone, name, time, start) => {
  expect(rfc3339FromMicros(startOf(micros(time), intervalNamed(name, timeZoneNamed(zone) as TimeZone)))).toBe(start)
})

it('goes back by days of the calendar', () => {
  const day = intervalNamed('1d', timeZoneNamed('Europe/Berlin') as TimeZone)
  expect(rfc3339FromMicros(startOfLast(3, micros('2026-03-30T12:00:00Z'), day))).toBe('2026-03-27T23:00:00.000000Z')
  expect(countOf({ from: micros('2026-03-27T23:00:00Z'), until: micros('2026-03-30T22:00:00Z') }, day)).toBe(3n)
  expect(countOf({ from: micros('2026-10-23T22:00:00Z'), until: micros('2026-10-26T23:00:00Z') }, day)).toBe(3n)
})
