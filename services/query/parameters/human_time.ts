import { microsFromRfc3339 } from '../../../schemas/streams/rfc3339.js'

/** Thrown for text that is no time. The message says which forms are accepted. */
export class HumanTimeError extends Error {
  override readonly name = 'HumanTimeError'
  readonly code = 'TIME_NOT_UNDERSTOOD'
  readonly retriable = false
}

/**
 * The time that `text` names, in microseconds since 1970-01-01T00:00:00Z; `now` is the present time. Accepted forms:
 *
 * - RFC 3339, with or without zone (default UTC) and seconds, with `T` or a space, and dates (midnight UTC);
 * - `now`, `today`, `yesterday`, `tomorrow` (the last three are midnight UTC), alone or with offsets: `now-1day`,
 *   `today-1week+2h`;
 * - offsets from now: `-45d`, `+2h`, `-1h30m`; and `2 hours ago`.
 *
 * Months and years follow the calendar and stop at a month's last day; all other units have a fixed length. Units may
 * be upper or lower case, except that `M` is a month and `m` a minute. A `+` that is not encoded in a URL arrives as a
 * space, so a space counts as `+` where a sign may be: before a zone's digits, and between `now` and an offset.
 *
 * @throws {HumanTimeError} if the text has none of these forms, or the time is outside the years 0000 to 9999
 */
export function humanTime(text: string, now: bigint): bigint {
  const micros =
    text.length > LONGEST ? undefined : (calendarTime(text.trim()) ?? ago(text.trim(), now) ?? steps(text, now))
  if (micros === undefined)
    throw new HumanTimeError(`${quoted(text)} is not understood as a time. ${hint(text.trim())}`)
  if (!inRange(micros)) throw new HumanTimeError(`${quoted(text)} is outside the years 0000 to 9999.`)
  return micros
}

const LONGEST = 100
const SECOND = 1_000_000n
const DAY = 86_400n * SECOND
const YEAR_0000 = -62_167_219_200n * SECOND
const YEAR_10000 = 253_402_300_800n * SECOND

function inRange(micros: bigint): boolean {
  return micros >= YEAR_0000 && micros < YEAR_10000
}

/** A date, or a date and time. */
function calendarTime(text: string): bigint | undefined {
  const match = CALENDAR.exec(text)
  if (match === null) return undefined
  const [, date, minutes = '00:00', seconds = ':00', sign, zoneHours, zoneMinutes = '00'] = match
  const zone = zoneHours === undefined ? 'Z' : `${sign === '-' ? '-' : '+'}${zoneHours}:${zoneMinutes}`
  const micros = microsFromRfc3339(`${date}T${minutes}${seconds}${zone}`)
  if (micros === undefined) throw new HumanTimeError(`${quoted(text)} is not a time that exists.`)
  return micros
}

const CALENDAR = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?(?:Z| ?([+\- ])(\d{2})(?::?(\d{2}))?)?)?$/i

/** `2 hours ago`, `1 day 6 hours ago`. */
function ago(text: string, now: bigint): bigint | undefined {
  const match = /^(.+) ago$/i.exec(text)
  return match === null ? undefined : step(now, -1n, match[1] as string)
}

/** `now` or another anchor, which may be left out, then offsets from it. */
function steps(text: string, now: bigint): bigint | undefined {
  const [, anchor = 'now', rest = ''] = ANCHORED.exec(text) as RegExpExecArray
  let micros = (ANCHORS[anchor.toLowerCase()] as (now: bigint) => bigint)(now)
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
    const moved = sign === undefined ? undefined : step(micros, sign, part.slice(1).trim())
    if (moved === undefined) return undefined
    micros = moved
  }
  return micros
}

const ANCHORED = /^(?:\s*(now|today|yesterday|tomorrow))?(.*)$/is
const ANCHORS: Readonly<Record<string, (now: bigint) => bigint>> = {
  now: (now) => now,
  today: midnight,
  yesterday: (now) => midnight(now) - DAY,
  tomorrow: (now) => midnight(now) + DAY,
}

function midnight(micros: bigint): bigint {
  return micros - (((micros % DAY) + DAY) % DAY)
}

/** `micros` moved by amounts with units, such as `1h30m` or `2 hours`; undefined if `amounts` is anything else. */
function step(micros: bigint, sign: bigint, amounts: string): bigint | undefined {
  const found = [...amounts.matchAll(/(\d+)\s*([a-z]+)\s*/gi)]
  if (found.length === 0 || found.map(([whole]) => whole).join('') !== amounts) return undefined
  return found.reduce<bigint>((moved, [, amount, name]) => {
    const unit = unitNamed(name as string)
    if (!inRange(moved)) return moved
    const count = sign * BigInt(amount as string)
    return 'months' in unit ? addMonths(moved, count * unit.months) : moved + count * unit.micros
  }, micros)
}

type Unit = { readonly micros: bigint } | { readonly months: bigint }

const UNITS: readonly (readonly [names: string, unit: Unit])[] = [
  ['us microsecond microseconds', { micros: 1n }],
  ['ms millisecond milliseconds', { micros: 1_000n }],
  ['s sec secs second seconds', { micros: SECOND }],
  ['m min mins minute minutes', { micros: 60n * SECOND }],
  ['h hr hrs hour hours', { micros: 3_600n * SECOND }],
  ['d day days', { micros: DAY }],
  ['w wk wks week weeks', { micros: 7n * DAY }],
  ['mo mon month months', { months: 1n }],
  ['y yr yrs year years', { months: 12n }],
]
const UNIT_BY_NAME = new Map(UNITS.flatMap(([names, unit]) => names.split(' ').map((name) => [name, unit] as const)))

function unitNamed(name: string): Unit {
  const unit = UNIT_BY_NAME.get(name === 'M' ? 'month' : name.toLowerCase())
  if (unit !== undefined) return unit
  throw new HumanTimeError(
    `${quoted(name)} is not a unit of time: use s, m, h, d, w, M (months) or y, or second, minute, hour, day, week, month, year.`,
  )
}

function addMonths(micros: bigint, count: bigint): bigint {
  // Beyond this the result is always out of range, and a Date could not represent it.
  if (count > 120_000n || count < -120_000n) return count > 0n ? YEAR_10000 : YEAR_0000 - 1n
  const day = midnight(micros)
  const date = new Date(Number(day / 1_000n))
  const month = date.getUTCMonth() + Number(count)
  const lastDay = new Date(date)
  lastDay.setUTCMonth(month + 1, 0)
  date.setUTCMonth(month, Math.min(date.getUTCDate(), lastDay.getUTCDate()))
  return BigInt(date.getTime()) * 1_000n + (micros - day)
}

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
