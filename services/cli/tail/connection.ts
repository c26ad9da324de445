import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { CliError } from '../errors.js'

/** What comes over one connection of a tail. */
export interface Connection {
  /** Events as they come, until the service ends the stream. */
  readonly events: AsyncGenerator<EventSourceMessage>
}

export interface ConnectionOptions {
  readonly address: string
  readonly token: string
  /** Where to read on, when something was read before. */
  readonly lastEventId: string | undefined
  readonly signal: AbortSignal
}

/** Why a connection could not be had, or broke: another may do. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError'
  readonly code = 'CONNECTION_LOST'
  readonly retriable = true
}

/** Three heartbeats of the service's: a connection that is silent for so long is dead, whatever the system thinks of it. */
const SILENCE_MS = 45_000
/** Far past the longest record's event, in characters. */
const LONGEST_EVENT = 4 * 1024 * 1024

/**
 * Opens a tail.
 *
 * @throws {CliError} `TAIL_REFUSED` when the service refuses for good, with what it says
 * @throws {ConnectionLostError} when it does not answer, or asks to come again
 */
export async function openTail({ address, token, lastEventId, signal }: ConnectionOptions): Promise<Connection> {
  const silence = new AbortController()
  const either = AbortSignal.any([signal, silence.signal])
  let timer = setTimeout(() => silence.abort(), SILENCE_MS)
  const heard = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), SILENCE_MS)
  }
  const headers = {
    accept: 'text/event-stream',
    authorization: `Bearer ${token}`,
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
  }
  try {
    const response = await fetch(address, { headers, signal: either }).catch((error) => {
      throw new ConnectionLostError(reasonOf(error))
    })
    if (response.status !== 200) throw await refusal(response)
    return { events: eventsOf(response, heard, () => clearTimeout(timer)) }
  } catch (error) {
    clearTimeout(timer)
    throw error
  }
}

async function* eventsOf(response: Response, heard: () => void, over: () => void): AsyncGenerator<EventSourceMessage> {
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
      heard()
      parser.feed(decoder.decode(chunk, { stream: true }))
      if (fault !== undefined) throw fault
      const events = arrived
      arrived = []
      yield* events
    }
  } catch (error) {
    throw new ConnectionLostError(reasonOf(error))
  } finally {
    over()
  }
}

/** Statuses that pass: the service, or what stands before it, is overloaded or stopping. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 500, 502, 503, 504])

async function refusal(response: Response): Promise<Error> {
  const body = await response.text().catch(() => '')
  const detail = detailOf(body) ?? `The service answered ${response.status}.`
  return PASSING.has(response.status) ? new ConnectionLostError(detail) : new CliError('TAIL_REFUSED', detail)
}

function detailOf(body: string): string | undefined {
  try {
    const { detail } = JSON.parse(body) as { detail?: unknown }
    return typeof detail === 'string' ? detail : undefined
  } catch {
    return undefined
  }
}

/** What a failed request of Node's `fetch` died of: it wraps the cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string; message?: string }; message?: string }
  return cause?.code ?? cause?.message ?? message ?? 'no answer'
}
