import { setTimeout as sleep } from 'node:timers/promises'
import { CliError } from '../errors.js'
import type { ApiRecord } from '../print/record_lines.js'
import { type Connection, ConnectionLostError, type ConnectionOptions } from './connection.js'

/** What `follow` yields: records, and changes of the connection. */
export type TailEvent =
  | { readonly record: ApiRecord }
  | { readonly disconnected: string; readonly retryInSeconds: number }
  | { readonly reconnected: true }

export interface FollowOptions {
  readonly address: string
  /** Makes a token for each connection, so that an expired one is replaced. */
  readonly token: () => Promise<string>
  /** Ends the following. */
  readonly signal: AbortSignal
  readonly open: (options: ConnectionOptions) => Promise<Connection>
}

/** Pauses between attempts, in milliseconds. */
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 15_000

/**
 * Follows a stream until `signal` aborts. When the connection breaks, it reconnects and continues after the last
 * record.
 *
 * @throws {CliError} `SERVICE_AWAY` when the first attempt gets no answer; `TAIL_REFUSED` when the service rejects the
 * request
 */
export async function* follow({ address, token, signal, open }: FollowOptions): AsyncGenerator<TailEvent> {
  let lastEventId: string | undefined
  let connected = false
  let disconnected = false
  let pauseMs = FIRST_PAUSE_MS
  while (!signal.aborted) {
    try {
      const { events } = await open({ address, token: await token(), lastEventId, signal })
      connected = true
      if (disconnected) yield { reconnected: true }
      disconnected = false
      pauseMs = FIRST_PAUSE_MS
      for await (const { id, event, data } of events) {
        lastEventId = id ?? lastEventId
        if (event === undefined) yield { record: JSON.parse(data) as ApiRecord }
        if (event === 'end') throwEnd(data)
      }
      throw new ConnectionLostError('the service ended the connection')
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof ConnectionLostError) {
        if (!connected) throw unreachable(address, error)
        disconnected = true
        yield { disconnected: error.message, retryInSeconds: pauseMs / 1_000 }
      } else if (!(error instanceof TokenExpired)) {
        throw error
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    }
  }
}

/** The token has expired: reconnect with a new one, without a message. */
class TokenExpired extends Error {}

/** Throws the error for an `end` event, in which the service says why it ends the stream. */
function throwEnd(data: string): never {
  const { reason, detail } = JSON.parse(data) as { reason: string; detail: string }
  if (reason === 'token_expired') throw new TokenExpired()
  if (reason === 'shutdown') throw new ConnectionLostError('the service is stopping')
  throw new CliError('TAIL_REFUSED', detail)
}

function unreachable(address: string, { message }: ConnectionLostError): CliError {
  const { origin } = new URL(address)
  return new CliError(
    'SERVICE_AWAY',
    `The query service at ${origin} does not answer (${message}): is the stack running? \`npm start\` starts one.`,
  )
}
