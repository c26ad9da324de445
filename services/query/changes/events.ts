import { Counter, Gauge } from 'prom-client'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import type { Telemetry } from '../../runtime/telemetry.js'
import type { TailEnd } from './tail/tail.js'

/** Why a tail ended: the service's reason, or the caller left, or it did not read. */
export type TailOutcome = TailEnd | 'left' | 'stalled'

/** What happens to readers that follow a stream. Each method updates the metrics and the log. */
export interface FollowEvents {
  /** A poll starts to wait for a record. Call the returned function when it stops. */
  waiting(stream: string): () => void
  tailOpened(stream: string, principal: Principal): TailEvents
}

/** What happens to one tail. */
export interface TailEvents {
  sent(records: number): void
  ended(outcome: TailOutcome): void
}

export function createFollowEvents({ log, metrics }: Telemetry): FollowEvents {
  const registers = [metrics]
  const waitingPolls = new Gauge({
    name: 'gatelog_query_waiting_polls',
    help: 'Polls that wait for a record, by stream',
    labelNames: ['stream'],
    registers,
  })
  const tails = new Gauge({
    name: 'gatelog_query_tails',
    help: 'Tails that are open, by stream',
    labelNames: ['stream'],
    registers,
  })
  const records = new Counter({
    name: 'gatelog_query_tail_records_total',
    help: 'Records sent to tails, by stream',
    labelNames: ['stream'],
    registers,
  })
  const ended = new Counter({
    name: 'gatelog_query_tails_ended_total',
    help: 'Tails that ended, by reason: left, stalled (the caller read nothing for too long), token_expired, shutdown, too_large or failed',
    labelNames: ['stream', 'outcome'],
    registers,
  })

  return {
    waiting(stream) {
      waitingPolls.inc({ stream })
      return () => waitingPolls.dec({ stream })
    },
    tailOpened(stream, { subject, organizations }) {
      const openedAt = Date.now()
      let sent = 0
      tails.inc({ stream })
      log.info({ stream, subject, organizations }, 'tail opened')
      return {
        sent(count) {
          sent += count
          records.inc({ stream }, count)
        },
        ended(outcome) {
          tails.dec({ stream })
          ended.inc({ stream, outcome })
          const seconds = Math.round((Date.now() - openedAt) / 1_000)
          log.info({ stream, subject, outcome, records: sent, seconds }, 'tail ended')
        },
      }
    },
  }
}
