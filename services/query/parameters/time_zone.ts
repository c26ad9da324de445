import { Temporal } from 'temporal-polyfill'

/** A time zone of the IANA database. Times are microseconds since 1970-01-01T00:00:00Z. */
export interface TimeZone {
  /** Its name, as the database spells it. */
  readonly name: string
  /** The start of the day that the time belongs to. That is not 00:00 where clocks change at midnight. */
  midnight(micros: bigint): bigint
  /** The same time of day, days or months later, or earlier if negative. A month stops at its last day. */
  add(micros: bigint, calendar: { readonly days?: number; readonly months?: number }): bigint
  /**
   * When clocks there show a time, which is given as if it were UTC. A time that clocks skip counts as if they had not
   * been changed; of a time that they show twice, the first counts.
   */
  atClock(micros: bigint): bigint
}

/** The zone of that name, in any case; undefined if the database has none. */
export function timeZoneNamed(name: string): TimeZone | undefined {
  const found = /^[a-z]/i.test(name) && name.length <= LONGEST_NAME ? idOf(name) : undefined
  return found === undefined ? undefined : zone(found)
}

const LONGEST_NAME = 64
const MICRO = 1_000n

function idOf(name: string): string | undefined {
  try {
    return new Temporal.ZonedDateTime(0n, name).timeZoneId
  } catch {
    return undefined
  }
}

function zone(name: string): TimeZone {
  const at = (micros: bigint) => new Temporal.ZonedDateTime(micros * MICRO, name)
  return {
    name,
    midnight: (micros) => microsOf(at(micros).startOfDay()),
    add: (micros, calendar) => microsOf(at(micros).add(calendar)),
    atClock: (micros) =>
      microsOf(new Temporal.ZonedDateTime(micros * MICRO, 'UTC').toPlainDateTime().toZonedDateTime(name)),
  }
}

function microsOf(time: Temporal.ZonedDateTime): bigint {
  const nanoseconds = time.epochNanoseconds
  return (nanoseconds - (((nanoseconds % MICRO) + MICRO) % MICRO)) / MICRO
}

/** The zone of requests that name none. */
export const UTC = zone('UTC')
