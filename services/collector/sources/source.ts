import type { IncomingHttpHeaders } from 'node:http'
import type { z } from 'zod'
import {
  type ApplicationEvent,
  type Audit,
  type AuthAudit,
  audits,
  authAudits,
  events,
} from '../../../schemas/streams/index.js'

/**
 * A kind of identity provider that can send webhooks. Its file or folder here has all that is specific to it. The
 * routes, the limits, partial acceptance, the organization, the responses and the delivery are the same for every kind.
 */
export interface SourceKind<Options extends z.ZodRawShape = z.ZodRawShape> {
  readonly kind: string
  /** The kind's own options in the configuration of an instance. */
  readonly options: Options
  open(instance: Instance & z.output<z.ZodObject<Options>>): Source
}

/** What every instance of a source is configured with. */
export interface Instance {
  /** The last part of its path, the label of its metrics, and part of what `event_id`s are derived from. */
  readonly name: string
  /** Several are valid at once, so that a secret can be rotated. */
  readonly secrets: readonly string[]
}

/** An identity provider that sends webhooks to `POST /v1/sources/<name>`. */
export interface Source {
  readonly name: string
  readonly kind: string
  /** The authentication scheme of a 401 (RFC 9110, section 11.6.1). */
  readonly scheme: 'Signature' | 'Bearer'
  /** What a sender must present, for the error message: each way that is supported. */
  readonly credential: string
  /**
   * Whether the headers can be those of a sender that knows a secret: a body of somebody else is not even read. For a
   * source whose proof is no signature of the body, they prove it.
   */
  isAuthorized?(headers: IncomingHttpHeaders): boolean
  /** Whether the sender knows a secret. Compares in constant time. */
  verify(headers: IncomingHttpHeaders, body: Buffer): boolean | Promise<boolean>
  /**
   * Returns what each event of a webhook means, in order.
   *
   * @throws {ShapeError} naming each part that is missing or not valid, when the body is no webhook of this kind
   */
  read(body: Buffer): readonly Reading[]
  /**
   * What becomes of an event that cannot be stored. `reject`: the webhook is answered 422, because the provider shows
   * the reason and sends it again. `set aside`: it becomes a dead letter, because the provider would stop sending.
   */
  readonly onFault: 'reject' | 'set aside'
  /** How long the provider waits for an answer, in milliseconds, if that is less than ten seconds. */
  readonly answerWithinMs?: number
  /** The answer to a GET by which the provider verifies the address; undefined where the headers ask for none. */
  challenge?(headers: IncomingHttpHeaders): object | undefined
  /** The OpenAPI 3.1 description of the request: parameters and body. */
  readonly request: object
}

/** What one event of a webhook means. */
export type Reading =
  | { readonly is: 'sign-in'; readonly record: SourceRecord }
  | { readonly is: 'action'; readonly record: SourceAction }
  | { readonly is: 'event'; readonly record: SourceEvent }
  /** It is an event of the provider that makes no record. */
  | { readonly is: 'ignored'; readonly type: string }
  /** It cannot be stored. The faults name parts and no values. */
  | { readonly is: 'faulty'; readonly faults: readonly string[]; readonly event: unknown }

/** The stream of each kind of record. */
export const STREAMS = { 'sign-in': authAudits, action: audits, event: events } as const

/** A reading that makes a record. */
export type RecordReading = Extract<Reading, { readonly record: unknown }>

/** A record of a source. It always has an id and a time of its own, so that the same webhook makes the same record. */
export interface SourceRecord extends AuthAudit {
  readonly event_id: string
  readonly time: Date | string
}

/** An administrator's action, for the stream `audits`. */
export interface SourceAction extends Audit {
  readonly event_id: string
  readonly time: Date | string
}

/** An event with its whole context, for the stream `events`. */
export interface SourceEvent extends ApplicationEvent {
  readonly event_id: string
  readonly time: Date | string
}

/** How many faults of one event are named. */
const MAX_FAULTS = 20

/** Thrown for a body that its source does not send. It names parts and no values: those are personal data. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError'
  readonly code = 'SHAPE_INVALID'
  readonly retriable = false

  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    const named = faults.slice(0, MAX_FAULTS)
    super(named.join('; '))
    this.faults = named
  }
}

/** Parses with a schema. @throws {ShapeError} naming each part that does not fit */
export function checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new ShapeError(
    parsed.error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)),
  )
}

/** The JSON of a body. @throws {ShapeError} which does not quote the body, as the parser's message would */
export function parsedJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new ShapeError(['it must be JSON in UTF-8'])
  }
}

/** Most events of one webhook. Auth0 and Okta send a few hundred; to read an event takes a while. */
const MAX_EVENTS = 10_000

/**
 * Reads the events of a webhook. A fault of one becomes a reading, so that the others are stored.
 *
 * @throws {ShapeError} when there are more events than a provider sends
 */
export function readEvents(events: readonly unknown[], read: (event: unknown) => Reading): readonly Reading[] {
  if (events.length > MAX_EVENTS) throw new ShapeError([`it has more than ${MAX_EVENTS} events: send fewer at a time`])
  return events.map((event) => readEvent(event, read))
}

function readEvent(event: unknown, read: (event: unknown) => Reading): Reading {
  try {
    return read(event)
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    return { is: 'faulty', faults: error.faults, event }
  }
}
