import {
  ConcurrencyLimiter,
  type ConcurrencyLimits,
  type ExceededLimit,
} from '../../../runtime/auth/concurrency_limiter.js'
import { Problem } from '../../../runtime/problem.js'
import type { Telemetry } from '../../../runtime/telemetry.js'
import type { Database } from '../../clickhouse/database.js'
import { createFollowEvents, type FollowEvents } from '../events.js'
import type { PositionTokens } from '../position_token.js'
import { readMarks } from './marks.js'
import { createMarksPoller, type MarksPoller } from './marks_poller.js'

/** What all readers that follow a stream share. */
export interface FeedResources {
  readonly tokens: PositionTokens
  readonly marksPoller: MarksPoller
  /** Bounds the readers that wait for a record: open tails, and polls with `wait`. */
  readonly waitingReaders: ConcurrencyLimiter
  readonly events: FollowEvents
  readonly timing: FeedTiming
}

/** In milliseconds. */
export interface FeedTiming {
  /** Between two polls of the marks, while a reader waits. */
  readonly pollMs: number
  /** The longest time in which a tail sends nothing. */
  readonly heartbeatMs: number
  /** How long a tail's caller may leave the data that is ready for it unread. */
  readonly stallMs: number
}

export const FEED_TIMING: FeedTiming = { pollMs: 250, heartbeatMs: 15_000, stallMs: 30_000 }

export interface FeedOptions {
  readonly database: Database
  readonly telemetry: Telemetry
  readonly tokens: PositionTokens
  /** How many readers may wait for records at once; without it, any number. */
  readonly limits?: ConcurrencyLimits | undefined
  readonly timing?: FeedTiming | undefined
}

export function createFeedResources({
  database,
  telemetry,
  tokens,
  limits = {},
  timing = FEED_TIMING,
}: FeedOptions): FeedResources {
  // The answer is for all readers, so the end of one request must not abort it.
  const { signal } = new AbortController()
  return {
    tokens,
    marksPoller: createMarksPoller({ read: () => readMarks(database, signal), intervalMs: timing.pollMs }),
    waitingReaders: new ConcurrencyLimiter(limits, tooManyReaders),
    events: createFollowEvents(telemetry),
    timing,
  }
}

function tooManyReaders({ limit, value }: ExceededLimit): Problem {
  if (limit === 'total') {
    const message = 'As many callers wait for records as this service accepts. Try again later.'
    return new Problem(503, 'SEATS_TAKEN', message, RETRY)
  }
  const owner = limit === 'perPrincipal' ? 'You have' : 'Your organization has'
  const message = `${owner} ${value} tails and waiting polls open, which is the limit. Close one, or share one among your readers.`
  return new Problem(429, 'TOO_MANY_WAITING', message, RETRY)
}

const RETRY = { 'retry-after': '5' }
