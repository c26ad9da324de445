import { setTimeout as sleep } from 'node:timers/promises'
import { CliError } from '../errors.js'
import { type Connection, ConnectionLostError, type ConnectionOptions } from './connection.js'

/** A record as the service sent it, by field. */
export type TailRecord = Readonly<Record<string, unknown>>

/** What comes of following a stream: its records, and what befalls the connection. */
export type News =
  | { readonly record: TailRecord }
  | { readonly lost: string; readonly secondsToNextTry: number }
  | { readonly back: true }

export interface Following {
  readonly address: string
  /** Makes a token for a connection; one that has expired is followed by another. */
  readonly token: () => Promise<string>
  /** Aborts when no more is wanted. */
  readonly signal: AbortSignal
  readonly open: (options: ConnectionOptions) => Promise<Connection>
}

/** From one try to the next, in milliseconds: at first, and at most. */
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 15_000

/**
 * Follows a stream for as long as it is asked for more: where the connection breaks, it goes on after the last record.
 *
 * @throws {CliError} `SERVICE_AWAY` when the service does not answer the first time; `TAIL_REFUSED` when it refuses
 */
export async function* follow({ address, token, signal, open }: Following): AsyncGenerator<News> {
  let lastEventId: string | undefined
  let connected = false
  let lost = false
  let pauseMs = FIRST_PAUSE_MS
  while (!signal.aborted) {
    try {
      const { events } = await open({ address, token: await token(), lastEventId, signal })
      connected = true
      if (lost) yield { back: true }
      lost = false
      pauseMs = FIRST_PAUSE_MS
      for await (const { id, event, data } of events) {
        lastEventId = id ?? lastEventId
        if (event === undefined) yield { record: JSON.parse(data) as TailRecord }
        if (event === 'end') endOf(data)
      }
      throw new ConnectionLostError('the service ended the connection')
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof ConnectionLostError) {
        if (!connected) throw away(address, error)
        lost = true
        yield { lost: error.message, secondsToNextTry: pauseMs / 1_000 }
      } else if (!(error instanceof Expired)) {
        throw error
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    }
  }
}

/** A token that has expired is no loss: the next connection has a new one. */
class Expired extends Error {}

/** The service says why it ends the stream. */
function endOf(data: string): never {
  const { reason, detail } = JSON.parse(data) as { reason: string; detail: string }
  if (reason === 'token_expired') throw new Expired()
  if (reason === 'shutdown') throw new ConnectionLostError('the service is stopping')
  throw new CliError('TAIL_REFUSED', detail)
}

function away(address: string, { message }: ConnectionLostError): CliError {
  const { origin } = new URL(address)
  return new CliError(
    'SERVICE_AWAY',
    `The query service at ${origin} does not answer (${message}): is the stack running? \`npm start\` starts one.`,
  )
}
