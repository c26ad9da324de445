import type { authAudits, Stream } from '../../schemas/streams/index.js'
import type { Context } from './context/fill.js'
import type { LoggerPort, MetricsPort, ProducerPort } from './ports.js'
import type { RedactionOptions } from './redaction/record.js'
import type { Framing } from './registry/framing.js'
import type { SpoolOptions } from './spool/options.js'

export interface EmitterConfig<S extends Stream = typeof authAudits> {
  /**
   * Creates a producer; `kafkaProducer(kafka)` is one for kafkajs. Called again when a producer has failed for good.
   */
  readonly createProducer: () => ProducerPort
  /** The stream to emit; sign-ins by default. */
  readonly stream?: S
  /** The prefix of the topic's name, as the services' `KAFKA_TOPIC_PREFIX`. */
  readonly topicPrefix?: string
  /** What names the schema before each record: `await confluentFraming(…)`, or by default the schema's fingerprint. */
  readonly framing?: Framing | undefined
  readonly logger?: LoggerPort
  readonly metrics?: MetricsPort
  /** Largest size of the queue for Kafka, in bytes (default 32 MiB). A record that does not fit is dropped. */
  readonly maxQueueBytes?: number
  /** Keeps records on disk until Kafka has acknowledged them. Without it they are in memory only. */
  readonly spool?: SpoolOptions
  /** How long a record may wait for others in its batch, in milliseconds (default 5). */
  readonly lingerMs?: number
  /** How long `close` sends what is queued, in milliseconds (default 10,000). Disconnecting takes up to 3 s more. */
  readonly closeTimeoutMs?: number
  /**
   * Where a record's `trace_id` and `session` come from if it has none. The default is the attempt of `withAttempt`,
   * and else the active OpenTelemetry trace; `noContext` is none.
   */
  readonly context?: Context
  /** What is added to the rules by which secrets are replaced before a record leaves the host. */
  readonly redaction?: RedactionOptions
  /**
   * The clock, in milliseconds since the epoch. It is also Kafka's timestamp of a record, and records are checked
   * against it: a time may be at most 3,660 days before it and 24 hours after it.
   */
  readonly now?: () => number
}
