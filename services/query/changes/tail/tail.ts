import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseError } from '../../clickhouse/errors.js'
import type { ApiRecord, Row } from '../../clickhouse/rows.js'
import { type Arrival, type Reading, readPage } from '../page.js'
import { advanced, type Position } from '../position.js'
import { encodeToken } from '../position_token.js'
import type { Asked } from '../query.js'
import type { TakeTurns } from '../waiting/turns.js'
import type { MarksWatch } from '../waiting/watch.js'
import { HEARTBEAT, reconnectionTime, serverSent } from './server_sent_events.js'

/** Why the service ends a tail, as its last event says. */
export type TailEnd = 'shutdown' | 'token_expired' | 'too_large' | 'failed'

/** What a tail works with. Its `signal` aborts when the caller has left. */
export interface TailParts extends Reading {
  readonly watch: MarksWatch
  readonly turns: TakeTurns
  readonly records: (rows: readonly Row[]) => readonly ApiRecord[]
  /** After so long without anything to say, in milliseconds, the tail says so. */
  readonly heartbeatMs: number
  /** When the caller's token expires, in milliseconds since the epoch. */
  readonly expiresAt: number
  readonly sent: (records: number) => void
  readonly failed: (error: DatabaseError) => void
  readonly ending: (reason: TailEnd) => void
}

/** Records that a tail holds at once, also where its reader does not read. */
const PAGE = 100
/** Text that goes out together, in characters. */
const CHUNK = 16 * 1024
const RECONNECT_MS = 2_000
/** Between tries while the database is away, in milliseconds. */
const RETRY_MS = 1_000

/**
 * What a tail says: each record that arrives after `start`, with the token of the place after it; a token alone, where records have passed
 * that do not fit; and at the end, why. It goes on for as long as it is asked for more.
 */
export async function* tailText(asked: Asked, start: Position, parts: TailParts): AsyncGenerator<string> {
  const { name } = asked.stream
  const { watch, signal, heartbeatMs, expiresAt } = parts
  let position = start
  let told = encodeToken(name, start)
  let saidAt = Date.now()
  yield reconnectionTime(RECONNECT_MS) + placeText(told)

  while (!signal.aborted) {
    const due = watch.closed ? 'shutdown' : Date.now() >= expiresAt ? 'token_expired' : undefined
    if (due !== undefined) {
      yield endText(due, parts)
      return
    }
    try {
      const timeoutMs = Math.max(0, Math.min(saidAt + heartbeatMs, expiresAt) - Date.now())
      const end = await watch.beyond(name, position, { timeoutMs, signal })
      if (end !== undefined) {
        const from = position
        const page = await parts.turns(() => readPage(asked, PAGE, from, end, parts))
        for (const { text, token, records } of chunks(name, from, page.arrivals, parts.records)) {
          yield text
          told = token
          saidAt = Date.now()
          parts.sent(records)
        }
        position = page.position
      }
    } catch (error) {
      const reason = afterFailure(error, parts)
      if (reason === 'left') return
      if (reason !== 'try again') {
        yield endText(reason, parts)
        return
      }
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined)
    }
    if (Date.now() - saidAt >= heartbeatMs) {
      const token = encodeToken(name, position)
      yield token === told ? HEARTBEAT : placeText(token)
      told = token
      saidAt = Date.now()
    }
  }
}

/** The events of some records, each with the token of the place after it, as pieces of text that are not small. */
function* chunks(
  stream: string,
  from: Position,
  arrivals: readonly Arrival[],
  recordsOf: TailParts['records'],
): Generator<{ readonly text: string; readonly token: string; readonly records: number }> {
  const records = recordsOf(arrivals.map(({ row }) => row))
  let place = from
  let text = ''
  let count = 0
  for (const [index, { topicId, partition, offset }] of arrivals.entries()) {
    place = advanced(place, [{ topicId, partition, until: offset + 1 }])
    const token = encodeToken(stream, place)
    text += serverSent({ id: token, data: records[index] })
    count++
    if (text.length < CHUNK && index < arrivals.length - 1) continue
    yield { text, token, records: count }
    text = ''
    count = 0
  }
}

function placeText(token: string): string {
  return serverSent({ id: token, event: 'position', data: {} })
}

const LAST_WORDS: Readonly<Record<TailEnd, string>> = {
  shutdown: 'The service is stopping. Connect again with the last id.',
  token_expired: 'The token has expired. Connect again with a new one, and the last id.',
  too_large: 'The records cannot be read within the limits of a query. Give a narrower filter.',
  failed: 'The records could not be read. If it persists, tell the operator.',
}

function endText(reason: TailEnd, { ending }: Pick<TailParts, 'ending'>): string {
  ending(reason)
  return serverSent({ event: 'end', data: { reason, detail: LAST_WORDS[reason] } })
}

/** What a tail does when the database did not answer. One that is away for a while ends none. */
function afterFailure(error: unknown, { failed }: Pick<TailParts, 'failed'>): TailEnd | 'left' | 'try again' {
  if (!(error instanceof DatabaseError)) throw error
  if (error.code === 'QUERY_CANCELLED') return 'left'
  failed(error)
  if (error.code === 'QUERY_TOO_LARGE') return 'too_large'
  return error.retriable ? 'try again' : 'failed'
}
