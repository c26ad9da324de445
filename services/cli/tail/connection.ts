import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { CliError } from '../errors.js'

/** An open connection of a tail. */
export interface Connection {
  /** Events as they come, until the service ends the stream. */
  readonly events: AsyncGenerator<EventSourceMessage>
}

export interface ConnectionOptions {
  readonly address: string
  readonly token: string
  /** The id of the last event that was read, if any. */
  readonly lastEventId: string | undefined
  readonly signal: AbortSignal
}

/** Thrown when a connection fails or breaks. The caller connects again. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError'
  readonly code = 'CONNECTION_LOST'
  readonly retriable = true
}

/** Three heartbeats of the service. A connection without data for this long is dead, even if TCP has not noticed. */
const SILENCE_MS = 45_000
/** Longest event that the parser buffers, in characters: far more than the largest record. */
const LONGEST_EVENT = 4 * 1024 * 1024

/**
 * Opens a tail.
 *
 * @throws {CliError} `TAIL_REFUSED` with the service's message, when it rejects the request for good
 * @throws {ConnectionLostError} when the service does not answer or has a passing error
 */
export async function openTail({ address, token, lastEventId, signal }: ConnectionOptions): Promise<Connection> {
  const silence = new AbortController()
  const aborted = AbortSignal.any([signal, silence.signal])
  let timer = setTimeout(() => silence.abort(), SILENCE_MS)
  const restartTimer = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), SILENCE_MS)
  }
  const headers = {
    accept: 'text/event-stream',
    authorization: `Bearer ${token}`,
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
  }
  try {
    const response = await fetch(address, { headers, signal: aborted }).catch((error) => {
      throw new ConnectionLostError(reasonOf(error))
    })
    if (response.status !== 200) throw await errorOf(response)
    return { events: eventsOf(response, restartTimer, () => clearTimeout(timer)) }
  } catch (error) {
    clearTimeout(timer)
    throw error
  }
}

async function* eventsOf(
  response: Response,
  onData: () => void,
  onEnd: () => void,
): AsyncGenerator<EventSourceMessage> {
  let arrived: EventSourceMessage[] = []
  let fault: Error | undefined
  const parser = createParser({
    onEvent: (event) => arrived.push(event),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') fault = error
    },
    maxBufferSize: LONGEST_EVENT,
  })
  const decoder = new TextDecoder()
  try {
    for await (const chunk of response.body ?? []) {
      onData()
      parser.feed(decoder.decode(chunk, { stream: true }))
      if (fault !== undefined) throw fault
      const events = arrived
      arrived = []
      yield* events
    }
  } catch (error) {
    throw new ConnectionLostError(reasonOf(error))
  } finally {
    onEnd()
  }
}

/** Statuses that are worth a retry: the service or a proxy is overloaded or stopping. */
const RETRIABLE: ReadonlySet<number> = new Set([408, 425, 500, 502, 503, 504])

async function errorOf(response: Response): Promise<Error> {
  const body = await response.text().catch(() => '')
  const detail = detailOf(body) ?? `The service answered ${response.status}.`
  return RETRIABLE.has(response.status) ? new ConnectionLostError(detail) : new CliError('TAIL_REFUSED', detail)
}

function detailOf(body: string): string | undefined {
  try {
    const { detail } = JSON.parse(body) as { detail?: unknown }
    return typeof detail === 'string' ? detail : undefined
  } catch {
    return undefined
  }
}

/** Why a request of Node's `fetch` failed: its error wraps the cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string; message?: string }; message?: string }
  return cause?.code ?? cause?.message ?? message ?? 'no answer'
}
