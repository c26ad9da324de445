import type { IncomingHttpHeaders } from 'node:http'
import type { AuthAudit } from '../../../schemas/streams/index.js'

/**
 * An identity provider that sends webhooks to `POST /v1/sources/<name>`. Its file in this folder holds all that is particular to
 * it; the route, the limits, the answers and the way to Kafka are the same for every source.
 */
export interface Source {
  /** The last part of its path, the label of its metrics, and part of the name from which `event_id`s are derived. */
  readonly name: string
  /** What a sender must present; told to one who is refused. */
  readonly credential: string
  /** Whether the request comes from who knows the secret. Takes as long for a wrong secret as for the right one. */
  authentic(headers: IncomingHttpHeaders, body: Buffer): boolean
  /**
   * The records that a webhook tells of.
   *
   * @throws {ShapeError} naming each part of the body that is missing or has an unknown form
   */
  read(body: unknown): Reading
  /** The OpenAPI 3.1 description of the request: parameters and body. */
  readonly request: object
}

export interface Reading {
  readonly records: readonly SourceRecord[]
  /** Kinds of events in the webhook that are not sign-ins, and of which no record is made. */
  readonly ignored: readonly string[]
}

/** A record as a source gives it: always with an identity and a time of its own, so that the same webhook makes the same record. */
export interface SourceRecord extends AuthAudit {
  readonly event_id: string
  readonly time: Date
}

/** Thrown for a body that is not what its source sends. Names the parts, never their values: those are about people. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError'
  readonly code = 'SHAPE_INVALID'
  readonly retriable = false

  constructor(readonly faults: readonly string[]) {
    super(faults.join('; '))
  }
}
