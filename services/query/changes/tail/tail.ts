import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../../../runtime/problem.js'
import type { Database } from '../../clickhouse/database.js'
import { DatabaseError } from '../../clickhouse/errors.js'
import type { ApiRecord, Row } from '../../clickhouse/rows.js'
import { type Change, readChangesPage } from '../page.js'
import type { PositionTokens } from '../position_token.js'
import type { Selection } from '../query.js'
import { advance, type StreamPosition } from '../stream_position.js'
import type { MarksPoller } from '../waiting/marks_poller.js'
import { HEARTBEAT, reconnectionTime, serverSent } from './server_sent_events.js'

/** Why the service ends a tail. The tail's last event gives the reason. */
export type TailEnd = 'shutdown' | 'token_expired' | 'too_large' | 'failed'

/** What a tail works with. Its `signal` aborts when the caller has left. */
export interface TailParts {
  readonly signal: AbortSignal
  /** The database for one page, and what to call when the page has been sent. */
  readonly openDatabase: () => { readonly database: Database; readonly release: () => void }
  readonly tokens: PositionTokens
  readonly marksPoller: MarksPoller
  readonly records: (rows: readonly Row[]) => readonly ApiRecord[]
  /** The longest time in which the tail sends nothing, in milliseconds. */
  readonly heartbeatMs: number
  /** When the caller's token expires, in milliseconds since the epoch. */
  readonly expiresAt: number
  readonly sent: (records: number) => void
  readonly failed: (error: DatabaseError) => void
  readonly ending: (reason: TailEnd) => void
}

/** The most records that a tail holds at once, also for a caller that does not read, and their size in bytes. */
const PAGE_SIZE = 100
const MAX_PAGE_BYTES = 1024 * 1024
/** The size at which collected events are sent, in characters. */
const CHUNK_LENGTH = 16 * 1024
const RECONNECT_MS = 2_000
/** Between attempts while the database or memory is not available, in milliseconds. */
const RETRY_MS = 1_000

/**
 * The events of a tail: each record after `start` with the token of the position after it, a token alone when records
 * that do not match have passed, and the reason at the end. It runs for as long as it is asked for more.
 */
export async function* tailText(selection: Selection, start: StreamPosition, parts: TailParts): AsyncGenerator<string> {
  const { name } = selection.stream
  const { marksPoller, tokens, signal, heartbeatMs, expiresAt } = parts
  let position = start
  let sentToken = tokens.encode(name, start)
  let sentAt = Date.now()
  yield reconnectionTime(RECONNECT_MS) + positionEvent(sentToken)

  while (!signal.aborted) {
    const end = marksPoller.closed ? 'shutdown' : Date.now() >= expiresAt ? 'token_expired' : undefined
    if (end !== undefined) {
      yield endEvent(end, parts)
      return
    }
    try {
      const timeoutMs = Math.max(0, Math.min(sentAt + heartbeatMs, expiresAt) - Date.now())
      const marks = await marksPoller.waitPast(name, position, { timeoutMs, signal })
      if (marks !== undefined) {
        const from = position
        const { database, release } = parts.openDatabase()
        try {
          const context = { database, signal, maxBytes: MAX_PAGE_BYTES }
          const page = await readChangesPage(selection, PAGE_SIZE, from, marks, context)
          for (const { text, token, records } of chunks(name, from, page.changes, parts)) {
            yield text
            sentToken = token
            sentAt = Date.now()
            parts.sent(records)
          }
          position = page.position
        } finally {
          release()
        }
      }
    } catch (error) {
      const reaction = reactionTo(error, parts)
      if (reaction === 'stop') return
      if (reaction !== 'retry') {
        yield endEvent(reaction, parts)
        return
      }
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined)
    }
    if (Date.now() - sentAt >= heartbeatMs) {
      const token = tokens.encode(name, position)
      yield token === sentToken ? HEARTBEAT : positionEvent(token)
      sentToken = token
      sentAt = Date.now()
    }
  }
}

/**
 * The events of some records, each with the token of the position after it, collected into chunks that are worth a
 * write.
 */
function* chunks(
  stream: string,
  from: StreamPosition,
  changes: readonly Change[],
  { records: recordsOf, tokens }: Pick<TailParts, 'records' | 'tokens'>,
): Generator<{ readonly text: string; readonly token: string; readonly records: number }> {
  const records = recordsOf(changes.map(({ row }) => row))
  let position = from
  let text = ''
  let count = 0
  for (const [index, { topicId, partition, offset }] of changes.entries()) {
    position = advance(position, [{ topicId, partition, until: offset + 1 }])
    const token = tokens.encode(stream, position)
    text += serverSent({ id: token, data: records[index] })
    count++
    if (text.length < CHUNK_LENGTH && index < changes.length - 1) continue
    yield { text, token, records: count }
    text = ''
    count = 0
  }
}

function positionEvent(token: string): string {
  return serverSent({ id: token, event: 'position', data: {} })
}

const END_DETAILS: Readonly<Record<TailEnd, string>> = {
  shutdown: 'The service is stopping. Reconnect with the last id.',
  token_expired: 'The token has expired. Reconnect with a new one, and the last id.',
  too_large: 'The records cannot be read within the limits of a query. Use a narrower filter.',
  failed: 'The records could not be read. If this happens again, ask the operator.',
}

function endEvent(reason: TailEnd, { ending }: Pick<TailParts, 'ending'>): string {
  ending(reason)
  return serverSent({ event: 'end', data: { reason, detail: END_DETAILS[reason] } })
}

/** What a tail does after an error. A database that is away, or a service that has no memory left, ends no tail. */
function reactionTo(error: unknown, { failed }: Pick<TailParts, 'failed'>): TailEnd | 'stop' | 'retry' {
  if (error instanceof Problem) return 'retry'
  if (!(error instanceof DatabaseError)) throw error
  if (error.code === 'QUERY_CANCELLED') return 'stop'
  failed(error)
  if (error.code === 'QUERY_TOO_LARGE') return 'too_large'
  return error.retriable ? 'retry' : 'failed'
}
