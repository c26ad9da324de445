import { microsFromRfc3339 } from '../../../schemas/streams/rfc3339.js'
import { type TimeZone, UTC } from './time_zone.js'

/** Thrown for text that is no time. The message says which forms are accepted. */
export class HumanTimeError extends Error {
  override readonly name = 'HumanTimeError'
  readonly code = 'TIME_NOT_UNDERSTOOD'
  readonly retriable = false
}

/**
 * The time that `text` names, in microseconds since 1970-01-01T00:00:00Z; `now` is the present time. Accepted forms:
 *
 * - RFC 3339, with or without an offset (default: `zone`) and seconds, with `T` or a space, and dates (midnight);
 * - `now`, `today`, `yesterday`, `tomorrow` (the last three are midnight), alone or with offsets: `now-1day`,
 *   `today-1week+2h`;
 * - offsets from now: `-45d`, `+2h`, `-1h30m`; and `2 hours ago`.
 *
 * Days, weeks, months and years follow the calendar of the zone: `today-1d` is midnight, also where the day before had
 * 25 hours. Months and years stop at a month's last day. All other units have a fixed length. Units may be upper or
 * lower case, except that `M` is a month and `m` a minute. A `+` that is not encoded in a URL arrives as a space, so a
 * space counts as `+` where a sign may be: before an offset's digits, and between `now` and an offset.
 *
 * @throws {HumanTimeError} if the text has none of these forms, or the time is outside the years 0000 to 9999
 */
export function humanTime(text: string, now: bigint, zone: TimeZone = UTC): bigint {
  const micros =
    text.length > LONGEST
      ? undefined
      : (calendarTime(text.trim(), zone) ?? ago(text.trim(), now, zone) ?? steps(text, now, zone))
  if (micros === undefined)
    throw new HumanTimeError(`${quoted(text)} is not understood as a time. ${hint(text.trim())}`)
  if (!inRange(micros)) throw new HumanTimeError(`${quoted(text)} is outside the years 0000 to 9999.`)
  return micros
}

const LONGEST = 100
const SECOND = 1_000_000n
const YEAR_0000 = -62_167_219_200n * SECOND
const YEAR_10000 = 253_402_300_800n * SECOND

function inRange(micros: bigint): boolean {
  return micros >= YEAR_0000 && micros < YEAR_10000
}

/** A date, or a date and time. */
function calendarTime(text: string, zone: TimeZone): bigint | undefined {
  const match = CALENDAR.exec(text)
  if (match === null) return undefined
  const [, date, minutes = '00:00', seconds = ':00', offset, sign, hours, rest = '00'] = match
  const shift = hours === undefined ? 'Z' : `${sign === '-' ? '-' : '+'}${hours}:${rest}`
  const micros = microsFromRfc3339(`${date}T${minutes}${seconds}${shift}`)
  if (micros === undefined) throw new HumanTimeError(`${quoted(text)} is not a time that exists.`)
  return offset === undefined ? zone.atClock(micros) : micros
}

const CALENDAR = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?(Z| ?([+\- ])(\d{2})(?::?(\d{2}))?)?)?$/i

/** `2 hours ago`, `1 day 6 hours ago`. */
function ago(text: string, now: bigint, zone: TimeZone): bigint | undefined {
  const match = /^(.+) ago$/i.exec(text)
  return match === null ? undefined : step(now, -1n, match[1] as string, zone)
}

/** `now` or another anchor, which may be left out, then offsets from it. */
function steps(text: string, now: bigint, zone: TimeZone): bigint | undefined {
  const [, anchor = 'now', rest = ''] = ANCHORED.exec(text) as RegExpExecArray
  let micros = (ANCHORS[anchor.toLowerCase()] as (now: bigint, zone: TimeZone) => bigint)(now, zone)
  if (/[a-z]\s+\d/i.test(rest)) {
    throw new HumanTimeError(
      `${quoted(text)} can be read in two ways. Write the steps together (-1d2h), or a sign before each (-1d%2B2h in a URL).`,
    )
  }
  const signed = rest.trimEnd().replace(/^\s+(?=\d)/, '+')
  if (signed === '') return text.trim() === '' ? undefined : micros
  const parts = signed.trimStart().split(/(?=[+-])/)
  for (const part of parts) {
    const sign = { '+': 1n, '-': -1n }[part.charAt(0)]
    const moved = sign === undefined ? undefined : step(micros, sign, part.slice(1).trim(), zone)
    if (moved === undefined) return undefined
    micros = moved
  }
  return micros
}

const ANCHORED = /^(?:\s*(now|today|yesterday|tomorrow))?(.*)$/is
const ANCHORS: Readonly<Record<string, (now: bigint, zone: TimeZone) => bigint>> = {
  now: (now) => now,
  today: (now, zone) => zone.midnight(now),
  yesterday: (now, zone) => zone.add(zone.midnight(now), { days: -1 }),
  tomorrow: (now, zone) => zone.add(zone.midnight(now), { days: 1 }),
}

/** `micros` moved by amounts with units, such as `1h30m` or `2 hours`; undefined if `amounts` is anything else. */
function step(micros: bigint, sign: bigint, amounts: string, zone: TimeZone): bigint | undefined {
  const found = [...amounts.matchAll(/(\d+)\s*([a-z]+)\s*/gi)]
  if (found.length === 0 || found.map(([whole]) => whole).join('') !== amounts) return undefined
  return found.reduce<bigint>((moved, [, amount, name]) => {
    const unit = unitNamed(name as string)
    if (!inRange(moved)) return moved
    const count = sign * BigInt(amount as string)
    return 'micros' in unit ? moved + count * unit.micros : addCalendar(moved, count, unit, zone)
  }, micros)
}

type CalendarUnit = { readonly days: number } | { readonly months: number }
type Unit = { readonly micros: bigint } | CalendarUnit

const UNITS: readonly (readonly [names: string, unit: Unit])[] = [
  ['us microsecond microseconds', { micros: 1n }],
  ['ms millisecond milliseconds', { micros: 1_000n }],
  ['s sec secs second seconds', { micros: SECOND }],
  ['m min mins minute minutes', { micros: 60n * SECOND }],
  ['h hr hrs hour hours', { micros: 3_600n * SECOND }],
  ['d day days', { days: 1 }],
  ['w wk wks week weeks', { days: 7 }],
  ['mo mon month months', { months: 1 }],
  ['y yr yrs year years', { months: 12 }],
]
const UNIT_BY_NAME = new Map(UNITS.flatMap(([names, unit]) => names.split(' ').map((name) => [name, unit] as const)))

function unitNamed(name: string): Unit {
  const unit = UNIT_BY_NAME.get(name === 'M' ? 'month' : name.toLowerCase())
  if (unit !== undefined) return unit
  throw new HumanTimeError(
    `${quoted(name)} is not a unit of time: use s, m, h, d, w, M (months) or y, or second, minute, hour, day, week, month, year.`,
  )
}

function addCalendar(micros: bigint, count: bigint, unit: CalendarUnit, zone: TimeZone): bigint {
  // Beyond this the result is always out of range.
  if (count > LARGEST_COUNT || count < -LARGEST_COUNT) return count > 0n ? YEAR_10000 : YEAR_0000 - 1n
  const times = Number(count)
  return zone.add(micros, 'days' in unit ? { days: times * unit.days } : { months: times * unit.months })
}

/** The days of 10,000 years. */
const LARGEST_COUNT = 3_660_000n

function hint(text: string): string {
  if (/^\d+\s*[a-z]+$/i.test(text)) {
    const amount = text.replace(/\s/g, '')
    return `Write -${amount} for before now, or +${amount} for after it (%2B${amount} in a URL).`
  }
  return 'Give RFC 3339, such as 2026-01-31T14:00:00Z, a date, or a form such as now, today, now-1day, -45d or "2 hours ago".'
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}
