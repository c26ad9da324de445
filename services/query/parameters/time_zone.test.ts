import { expect, it } from 'vitest'
import { microsFromRfc3339, rfc3339FromMicros } from '../../../schemas/streams/rfc3339.js'
import { type TimeZone, timeZoneNamed } from './time_zone.js'

it.each(['Europe/Berlin', 'america/new_york', 'UTC', 'Asia/Kolkata', 'Etc/GMT+5'])('knows %s', (name) => {
  expect(named(name).name.toLowerCase()).toBe(name.toLowerCase())
})

it.each(['', 'Berlin', 'Europe/Berlin; DROP', '+01:00', 'CEST2', 'x'.repeat(1_000), '../etc/passwd', 'Europe/\u0000'])(
  'does not know %j',
  (name) => expect(timeZoneNamed(name)).toBeUndefined(),
)

it('a day begins later where clocks change at midnight', () => {
  const cairo = named('Africa/Cairo')
  // On 24 April 2026 clocks there go from 00:00 to 01:00.
  const noon = microsFromRfc3339('2026-04-24T12:00:00+03:00') as bigint
  expect(rfc3339FromMicros(cairo.midnight(noon))).toBe('2026-04-23T22:00:00.000000Z')
  expect(rfc3339FromMicros(cairo.add(noon, { days: -1 }))).toBe('2026-04-23T10:00:00.000000Z')
})

it('keeps microseconds, also before 1970', () => {
  const zone = named('UTC')
  expect(zone.add(-1n, { days: 1 })).toBe(86_400_000_000n - 1n)
  expect(zone.midnight(-1n)).toBe(-86_400_000_000n)
  expect(zone.atClock(-1n)).toBe(-1n)
})

function named(name: string): TimeZone {
  return timeZoneNamed(name) as TimeZone
}
