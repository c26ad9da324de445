import type { IncomingHttpHeaders } from 'node:http'
import type { AuthAudit } from '../../../schemas/streams/index.js'

/**
 * An identity provider that sends webhooks to `POST /v1/sources/<name>`. Its file in this folder has all that is
 * specific to it; the route, the limits, the responses and the delivery are the same for every source.
 */
export interface Source {
  /** The last part of its path, the label of its metrics, and part of what `event_id`s are derived from. */
  readonly name: string
  /** The credential that a sender must present, for the error message. */
  readonly credential: string
  /** Whether the sender knows the secret. Compares in constant time. */
  verify(headers: IncomingHttpHeaders, body: Buffer): boolean
  /**
   * Returns the records of a webhook.
   *
   * @throws {ShapeError} naming each part of the body that is missing or not valid
   */
  read(body: unknown): WebhookContent
  /** The OpenAPI 3.1 description of the request: parameters and body. */
  readonly request: object
}

export interface WebhookContent {
  readonly records: readonly SourceRecord[]
  /** Types of events in the webhook that are not sign-ins and make no record. */
  readonly ignored: readonly string[]
}

/** A record of a source. It always has an id and a time of its own, so that the same webhook makes the same record. */
export interface SourceRecord extends AuthAudit {
  readonly event_id: string
  readonly time: Date
}

/** Thrown for a body that its source does not send. It names parts and no values: those are personal data. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError'
  readonly code = 'SHAPE_INVALID'
  readonly retriable = false

  constructor(readonly faults: readonly string[]) {
    super(faults.join('; '))
  }
}
