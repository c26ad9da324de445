import type { Telemetry } from '../../../runtime/telemetry.js'
import type { Database } from '../../clickhouse/database.js'
import { type ArrivalEvents, createArrivalEvents } from '../events.js'
import { readMarks } from './marks.js'
import { type SeatLimits, Seats } from './seats.js'
import { type TakeTurns, turns } from './turns.js'
import { type MarksWatch, watchMarks } from './watch.js'

/** What all who follow a stream share. */
export interface Live {
  readonly watch: MarksWatch
  readonly seats: Seats
  readonly turns: TakeTurns
  readonly events: ArrivalEvents
  readonly timing: LiveTiming
}

/** In milliseconds. */
export interface LiveTiming {
  /** From one look at the marks to the next, while somebody waits. */
  readonly watchMs: number
  /** The longest silence of a tail. */
  readonly heartbeatMs: number
  /** How long a tail's reader may leave what is there for it untaken. */
  readonly stallMs: number
}

export const LIVE_TIMING: LiveTiming = { watchMs: 250, heartbeatMs: 15_000, stallMs: 30_000 }

/** Reads of pages that the database is asked for at once. */
const READS_AT_ONCE = 8

export function createLive(database: Database, telemetry: Telemetry, limits: SeatLimits, timing: LiveTiming): Live {
  // Nobody's own: the answer is for all who wait.
  const { signal } = new AbortController()
  return {
    watch: watchMarks({ read: () => readMarks(database, signal), intervalMs: timing.watchMs }),
    seats: new Seats(limits),
    turns: turns(READS_AT_ONCE),
    events: createArrivalEvents(telemetry),
    timing,
  }
}
